import { Box, List, ListItem } from '@mui/material';
import { parsePlace, type Effect, type Grants, type Subject } from './effect.ts';

const word = (effect: Effect | null | undefined): string =>
  effect == null ? 'not set' : effect === 'allow' ? 'allow' : 'deny';

interface Props {
  /** By place: what it becomes; null takes the grant away. */
  readonly changes: readonly (readonly [string, Effect | null])[];
  readonly saved: Grants;
  readonly subjects: readonly Subject[];
}

export function ChangeList({ changes, saved, subjects }: Props) {
  const labelOf = (kind: string, name: string) =>
    subjects.find((each) => each.kind === kind && each.name === name)?.label ?? name;
  return (
    <List dense disablePadding sx={{ maxHeight: 240, overflow: 'auto' }} aria-label="Changes">
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
  );
}
