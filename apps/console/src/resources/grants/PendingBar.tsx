import { Alert, Box, Button, Collapse, Paper, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { plural } from '../../format.ts';
import { ChangeList } from './ChangeList.tsx';
import type { Subject } from './effect.ts';
import type { Pending } from './use-pending.ts';

/** The API takes so many at once. */
const MAX_CHANGES = 2000;

interface Props {
  readonly pending: Pending;
  readonly subjects: readonly Subject[];
  readonly busy: boolean;
  readonly problem: string | undefined;
  readonly onSave: (comment: string) => void;
  /** Look first what the changes would have done to the calls of the log. */
  readonly onTry: () => void;
  /** The person has seen what others changed. */
  readonly onRebase: () => void;
}

/** What was changed and not saved yet. */
export function PendingBar({ pending, subjects, busy, problem, onSave, onTry, onRebase }: Props) {
  const [open, setOpen] = useState(false);
  const [comment, setComment] = useState('');
  const { changes, saved, overtaken } = pending;
  if (changes.length === 0) return null;
  return (
    <Paper
      elevation={6}
      role="region"
      aria-label="Pending changes"
      data-testid="pending"
      sx={{
        p: 1.5,
        border: 1,
        borderColor: 'warning.main',
        borderRadius: 2,
      }}
    >
      {overtaken ? (
        <Alert
          severity="warning"
          role="alert"
          sx={{ mb: 1 }}
          action={
            <Button size="small" color="inherit" onClick={onRebase} data-testid="rebase">
              I have looked
            </Button>
          }
        >
          {problem ?? 'Somebody else has changed the policy meanwhile.'} The matrix shows it as it is now, with your
          changes on top: look whether they are still what you want.
        </Alert>
      ) : (
        problem !== undefined && (
          <Alert severity="error" sx={{ mb: 1 }} role="alert">
            {problem}
          </Alert>
        )
      )}
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, flexWrap: 'wrap' }}>
        <Typography sx={{ fontWeight: 650, flex: '1 1 auto' }}>{plural(changes.length, 'change')} not saved</Typography>
        <Button size="small" onClick={() => setOpen(!open)} aria-expanded={open}>
          {open ? 'Hide' : 'Show'} them
        </Button>
        <Button size="small" onClick={onTry} disabled={changes.length > MAX_CHANGES} data-testid="try-grants">
          Try on the log
        </Button>
        <Button size="small" color="error" onClick={pending.discard} data-testid="discard">
          Discard
        </Button>
        <TextField
          size="small"
          label="Why"
          value={comment}
          onChange={(event) => setComment(event.target.value)}
          slotProps={{ htmlInput: { maxLength: 500 } }}
          sx={{ width: { xs: '100%', sm: 200 } }}
        />
        <Button
          variant="contained"
          onClick={() => onSave(comment)}
          loading={busy}
          disabled={overtaken || changes.length > MAX_CHANGES}
          data-testid="save-grants"
        >
          Save
        </Button>
      </Box>
      {changes.length > MAX_CHANGES && (
        <Typography variant="caption" color="error">
          At most {MAX_CHANGES.toLocaleString('en')} changes can be saved at once. Grant a whole server instead of its
          tools one by one.
        </Typography>
      )}
      <Collapse in={open} unmountOnExit>
        <Box sx={{ mt: 1 }}>
          <ChangeList changes={changes} saved={saved} subjects={subjects} />
        </Box>
      </Collapse>
    </Paper>
  );
}
