import { Box } from '@mui/material';
import { useApi } from '../api/use-api.ts';
import { ApprovalsWaitingDocument } from '../resources/approvals/queries.ts';
import { RAIL } from '../theme.ts';

/** Should a change not be heard. */
const LOOK_AGAIN_MS = 60_000;

/** How many calls wait for a person; nothing where none does. */
export function WaitingCount() {
  const { data } = useApi(ApprovalsWaitingDocument, {}, { refetchEveryMs: LOOK_AGAIN_MS });
  const count = data?.approvalsWaiting ?? 0;
  if (count === 0) return null;
  return (
    <Box
      component="span"
      data-testid="approvals-waiting"
      aria-label={count === 1 ? 'one waits' : `${count} wait`}
      sx={{
        minWidth: 20,
        height: 20,
        px: 0.75,
        borderRadius: 10,
        bgcolor: RAIL.signal,
        color: RAIL.ground,
        fontSize: 12,
        fontWeight: 700,
        lineHeight: '20px',
        textAlign: 'center',
      }}
    >
      {count > 99 ? '99+' : count}
    </Box>
  );
}
