import { Box, Button, List, ListItem, Typography } from '@mui/material';
import { Section } from '../../ui/Page.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { parsePlace, type Place, type Subject } from './effect.ts';
import type { Pending } from './use-pending.ts';

interface Props {
  readonly pending: Pending;
  readonly labelOf: (subject: Place['subject']) => string;
  readonly subjects: readonly Subject[];
  /** Whether the matrix has a row for it. */
  readonly hasRow: (server: string, tool: string) => boolean;
  readonly editable: boolean;
}

/** Grants that the matrix has no row for: a tool that is gone, or one named on every server. They count all the same. */
export function OtherGrants({ pending, labelOf, hasRow, editable }: Props) {
  const others = [...pending.merged].filter(([key]) => {
    const { server, tool } = parsePlace(key);
    return !hasRow(server, tool);
  });
  if (others.length === 0) return null;
  return (
    <Box sx={{ mt: 2 }}>
      <Section title="Grants on tools that are not there">
        <Typography variant="body2" color="textSecondary">
          Their server or tool was removed, or has not answered yet. They hold again as soon as it comes back.
        </Typography>
        <List dense disablePadding>
          {others.map(([key, effect]) => {
            const place = parsePlace(key);
            return (
              <ListItem
                key={key}
                disableGutters
                secondaryAction={
                  editable && (
                    <Button size="small" onClick={() => pending.set([place], undefined)}>
                      Take away
                    </Button>
                  )
                }
                sx={{ gap: 1.5, flexWrap: 'wrap' }}
              >
                <StatusChip kind="effect" value={effect} />
                <code>
                  {place.server}.{place.tool}
                </code>
                {labelOf(place.subject)}
              </ListItem>
            );
          })}
        </List>
      </Section>
    </Box>
  );
}
