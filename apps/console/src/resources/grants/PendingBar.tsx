import { Alert, Box, Button, Collapse, List, ListItem, Paper, Typography } from '@mui/material';
import { useState } from 'react';
import { plural } from '../../format.ts';
import { parsePlace, type Effect, type Subject } from './effect.ts';
import type { Pending } from './use-pending.ts';

const word = (effect: Effect | null | undefined): string =>
  effect == null ? 'not set' : effect === 'allow' ? 'allow' : 'deny';
/** The API takes so many at once. */
const MAX_CHANGES = 2000;

interface Props {
  readonly pending: Pending;
  readonly subjects: readonly Subject[];
  readonly busy: boolean;
  readonly problem: string | undefined;
  readonly onSave: () => void;
  /** The person has seen what others changed. */
  readonly onRebase: () => void;
}

/** What was changed and not saved yet. */
export function PendingBar({ pending, subjects, busy, problem, onSave, onRebase }: Props) {
  const [open, setOpen] = useState(false);
  const { changes, saved, overtaken } = pending;
  if (changes.length === 0) return null;
  const labelOf = (kind: string, name: string) =>
    subjects.find((each) => each.kind === kind && each.name === name)?.label ?? name;
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
        <Button size="small" color="error" onClick={pending.discard} data-testid="discard">
          Discard
        </Button>
        <Button
          variant="contained"
          onClick={onSave}
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
        <List dense disablePadding sx={{ mt: 1, maxHeight: 240, overflow: 'auto' }} aria-label="Changes">
          {changes.map(([place, effect]) => {
            const { subject, server, tool } = parsePlace(place);
            return (
              <ListItem
                key={place}
                disableGutters
                sx={{ py: 0.25, display: 'flex', gap: 1, flexWrap: 'wrap', fontSize: 13.5 }}
              >
                <strong>{labelOf(subject.kind, subject.name)}</strong>
                <code>
                  {server}.{tool}
                </code>
                <Box component="span" sx={{ color: 'text.secondary' }}>
                  {word(saved.get(place))} →
                </Box>
                <Box
                  component="span"
                  sx={{
                    fontWeight: 650,
                    color: effect === 'allow' ? 'success.main' : effect === 'deny' ? 'error.main' : 'text.primary',
                  }}
                >
                  {word(effect)}
                </Box>
              </ListItem>
            );
          })}
        </List>
      </Collapse>
    </Paper>
  );
}
