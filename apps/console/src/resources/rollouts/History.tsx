import { Box, Typography } from '@mui/material';
import { useApi } from '../../api/use-api.ts';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { RolloutChangesDocument, type Change } from './queries.ts';
import { formatBasisPoints, inLocalTime } from './words.ts';

const LIMIT = 20;

const shareIn = (value: unknown): number | undefined =>
  value !== null &&
  typeof value === 'object' &&
  'shareBasisPoints' in value &&
  typeof value.shareBasisPoints === 'number'
    ? value.shareBasisPoints
    : undefined;

function shareMoved({ before, after }: Change): string {
  const [from, to] = [shareIn(before), shareIn(after)];
  return from !== undefined && to !== undefined && from !== to
    ? `: ${formatBasisPoints(from)} → ${formatBasisPoints(to)}`
    : '';
}

/** Who changed what, when and why; the newest first. */
export function History({ id }: { id: string }) {
  const { data, error, refetch } = useApi(RolloutChangesDocument, { id, limit: LIMIT });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  const items = data?.rolloutHistory.items ?? [];
  return (
    <Box component="ol" sx={{ listStyle: 'none', m: 0, p: 0, maxHeight: 420, overflow: 'auto' }} aria-label="History">
      {items.map((change) => (
        <Box component="li" key={change.id} sx={{ px: 2, py: 1, borderTop: 1, borderColor: 'divider' }}>
          <Typography variant="body2" sx={{ fontWeight: 600, overflowWrap: 'anywhere' }}>
            {change.action.replaceAll('_', ' ')}
            {shareMoved(change)}
          </Typography>
          <Typography variant="body2" sx={{ overflowWrap: 'anywhere' }}>
            {inLocalTime(change.reason)}
          </Typography>
          <Typography variant="caption" color="textSecondary">
            {change.actorName}, <RelativeTime at={change.at} />
          </Typography>
        </Box>
      ))}
    </Box>
  );
}
