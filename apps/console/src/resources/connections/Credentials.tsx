import {
  Alert,
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  List,
  ListItem,
  ListItemText,
  TextField,
  Typography,
} from '@mui/material';
import { useState, type FormEvent } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Section } from '../../ui/Page.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { UpdateConnectionDocument, type Connection } from './queries.ts';

function Replace({ connection, name, onClose }: { connection: Connection; name: string; onClose: () => void }) {
  const fresh = name === '';
  const [called, setCalled] = useState(name);
  const [value, setValue] = useState('');
  const [problem, setProblem] = useState<string>();
  const update = useChange(UpdateConnectionDocument, { quiet: true, say: 'The credential was saved.', done: onClose });
  function submit(event: FormEvent) {
    event.preventDefault();
    setProblem(undefined);
    update.mutate(
      { input: { id: connection.id, expectedUpdatedAt: connection.updatedAt, secrets: [{ name: called, value }] } },
      { onError: (error) => setProblem(messageOf(error)) },
    );
  }
  return (
    <Dialog open onClose={onClose} maxWidth="xs" fullWidth aria-labelledby="replace-title">
      <form onSubmit={submit}>
        <DialogTitle id="replace-title" component="h2">
          {fresh ? 'Add a credential' : `Replace ${name}`}
        </DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
          <Typography variant="body2" color="textSecondary">
            It is encrypted at once. Nobody can read it back, neither here nor in code: only calls to this server carry
            it.
          </Typography>
          {problem !== undefined && <Alert severity="error">{problem}</Alert>}
          {fresh && (
            <TextField
              label="Name"
              value={called}
              onChange={(event) => setCalled(event.target.value)}
              autoComplete="off"
              required
            />
          )}
          <TextField
            label="Value"
            type="password"
            autoComplete="new-password"
            value={value}
            onChange={(event) => setValue(event.target.value)}
            autoFocus={!fresh}
            required
          />
        </DialogContent>
        <DialogActions sx={{ px: 3, pb: 2 }}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" loading={update.isPending}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** Names and dates alone: what is inside is never shown. */
export function Credentials({ connection }: { connection: Connection }) {
  const mayWrite = useCan('connections.write');
  const [replacing, setReplacing] = useState<string>();
  return (
    <Section
      title="Credentials"
      aside={
        mayWrite && (
          <Button size="small" onClick={() => setReplacing('')}>
            Add
          </Button>
        )
      }
    >
      {connection.secrets.length === 0 ? (
        <Typography variant="body2" color="textSecondary">
          This connection uses none.
        </Typography>
      ) : (
        <List dense disablePadding aria-label="Credentials">
          {connection.secrets.map((secret) => (
            <ListItem
              key={secret.name}
              disableGutters
              secondaryAction={
                mayWrite && (
                  <Button size="small" onClick={() => setReplacing(secret.name)}>
                    Replace
                  </Button>
                )
              }
            >
              <ListItemText
                primary={<code>{secret.name}</code>}
                secondary={
                  <Box component="span">
                    Set <RelativeTime at={secret.updatedAt} />
                  </Box>
                }
              />
            </ListItem>
          ))}
        </List>
      )}
      {replacing !== undefined && (
        <Replace connection={connection} name={replacing} onClose={() => setReplacing(undefined)} />
      )}
    </Section>
  );
}
