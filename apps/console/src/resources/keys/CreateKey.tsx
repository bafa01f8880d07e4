import {
  Alert,
  Box,
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  FormControlLabel,
  FormGroup,
  FormLabel,
  MenuItem,
  TextField,
  Typography,
} from '@mui/material';
import { useState, type FormEvent } from 'react';
import { Link } from 'react-router-dom';
import { ApiError, messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { Snippet } from '../../ui/Snippet.tsx';
import { CreateApiKeyDocument } from './queries.ts';
import { LIFETIMES, SCOPES, type Scope } from './scopes.ts';

function Made({ name, secret, onClose }: { name: string; secret: string; onClose: () => void }) {
  return (
    <>
      <DialogTitle id="key-title" component="h2">
        {name} is made
      </DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Alert severity="warning">Copy the key now. Only its hash is kept, so it is never shown again.</Alert>
        <Box data-testid="new-key">
          <Snippet text={secret} label="key" />
        </Box>
        <Typography variant="body2" color="textSecondary">
          It may call no tool until <Link to="/grants">the grants</Link> say so. How to use it stands on the page{' '}
          <Link to="/connect">Connect</Link>.
        </Typography>
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button variant="contained" onClick={onClose}>
          I have copied it
        </Button>
      </DialogActions>
    </>
  );
}

export function CreateKey({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['runs', 'tools']);
  const [days, setDays] = useState<string>('90');
  const [failure, setFailure] = useState<{ message: string; path?: string | undefined }>();
  const [secret, setSecret] = useState<string>();
  const create = useChange(CreateApiKeyDocument, { quiet: true, done: (answer) => setSecret(answer.createApiKey.key) });

  function submit(event: FormEvent) {
    event.preventDefault();
    setFailure(undefined);
    create.mutate(
      { name, scopes: [...scopes], ...(days === '' ? {} : { expiresInDays: Number(days) }) },
      {
        onError: (error) =>
          setFailure({ message: messageOf(error), path: error instanceof ApiError ? error.path : undefined }),
      },
    );
  }

  return (
    // A key that was made must be copied: no click beside the dialog closes it then.
    <Dialog
      open
      onClose={secret === undefined ? onClose : undefined}
      maxWidth="sm"
      fullWidth
      aria-labelledby="key-title"
    >
      {secret !== undefined ? (
        <Made name={name} secret={secret} onClose={onClose} />
      ) : (
        <form onSubmit={submit}>
          <DialogTitle id="key-title" component="h2">
            Create an API key
          </DialogTitle>
          <DialogContent
            sx={{ display: 'grid', gap: 2.5, gridTemplateColumns: 'minmax(0, 1fr)', pt: '8px !important' }}
          >
            {failure && failure.path !== 'name' && <Alert severity="error">{failure.message}</Alert>}
            <TextField
              label="Name"
              value={name}
              onChange={(event) => setName(event.target.value)}
              placeholder="ci, laptop of Ada, order service…"
              error={failure?.path === 'name'}
              helperText={failure?.path === 'name' ? failure.message : 'So that you know later what to revoke.'}
              required
              autoFocus
            />
            <Box>
              <FormLabel component="legend">Scopes</FormLabel>
              <FormGroup>
                {SCOPES.map((scope) => (
                  <FormControlLabel
                    key={scope.value}
                    sx={{ alignItems: 'flex-start', mt: 0.5 }}
                    control={
                      <Checkbox
                        size="small"
                        checked={scopes.includes(scope.value)}
                        onChange={(_, checked) =>
                          setScopes(checked ? [...scopes, scope.value] : scopes.filter((each) => each !== scope.value))
                        }
                        sx={{ mt: -0.5 }}
                      />
                    }
                    label={
                      <>
                        <Box component="span" sx={{ fontWeight: 550 }}>
                          {scope.label}
                        </Box>{' '}
                        <code>{scope.value}</code>
                        <Typography variant="caption" color="textSecondary" component="div">
                          {scope.meaning}
                        </Typography>
                      </>
                    }
                  />
                ))}
              </FormGroup>
            </Box>
            <TextField
              select
              label="Expires"
              value={days}
              onChange={(event) => setDays(event.target.value)}
              slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
              helperText={days === '' ? 'A key that never expires stays dangerous for ever when it leaks.' : undefined}
            >
              {LIFETIMES.map((lifetime) => (
                <MenuItem key={lifetime.value} value={lifetime.value}>
                  {lifetime.label}
                </MenuItem>
              ))}
            </TextField>
          </DialogContent>
          <DialogActions sx={{ px: 3, pb: 2 }}>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="contained" loading={create.isPending} disabled={scopes.length === 0}>
              Create key
            </Button>
          </DialogActions>
        </form>
      )}
    </Dialog>
  );
}
