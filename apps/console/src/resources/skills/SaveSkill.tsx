import { Alert, Button, Dialog, DialogActions, DialogContent, DialogTitle, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { ApiError, messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { SaveSkillDocument } from './queries.ts';

interface Props {
  /** The run whose code is kept. */
  readonly runId: string;
  readonly onClose: () => void;
}

/** Keeps what a run ran as a function of a name. */
export function SaveSkill({ runId, onClose }: Props) {
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const change = useChange(SaveSkillDocument, {
    quiet: true,
    say: 'Saved as a draft.',
    done: ({ saveSkill }) => navigate(`/skills/${saveSkill.name}/show`),
  });
  const path = change.error instanceof ApiError ? change.error.path : undefined;
  const wrong = change.error != null ? messageOf(change.error) : undefined;
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby="save-skill-title">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate({ name, description, runId });
        }}
      >
        <DialogTitle id="save-skill-title" component="h2">
          Save as a skill
        </DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 2.5, gridTemplateColumns: 'minmax(0, 1fr)', pt: '8px !important' }}>
          <Typography variant="body2" color="textSecondary">
            The code becomes a function that code imports from <code>skills/{name || 'name'}</code>. It is a draft of
            yours until somebody promotes it, and runs with the rights of whoever calls it.
          </Typography>
          {wrong !== undefined && path !== 'name' && path !== 'description' && (
            <Alert severity="error" sx={{ whiteSpace: 'pre-wrap' }}>
              {wrong}
            </Alert>
          )}
          <TextField
            label="Name"
            value={name}
            onChange={(event) => setName(event.target.value)}
            placeholder="topSellers"
            error={path === 'name'}
            helperText={path === 'name' ? wrong : 'A function’s name: letters and digits.'}
            required
            autoFocus
          />
          <TextField
            label="What it does"
            value={description}
            onChange={(event) => setDescription(event.target.value)}
            error={path === 'description'}
            helperText={path === 'description' ? wrong : 'Search finds it by these words.'}
            required
            multiline
            minRows={2}
          />
        </DialogContent>
        <DialogActions sx={{ px: 3, pb: 2 }}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" loading={change.isPending} data-testid="save-skill">
            Save the draft
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
