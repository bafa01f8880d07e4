import { Alert, AlertTitle, Box, Button, LinearProgress, Typography } from '@mui/material';
import { formatCount, formatDateTime, formatDuration } from '../../format.ts';
import { Identifier } from '../../ui/Snippet.tsx';
import type { useVerify, Verification } from './use-verify.ts';

function Outcome({ found }: { found: Verification }) {
  if (found.ok)
    return (
      <Alert severity="success" data-testid="verify-ok">
        <AlertTitle>The log is whole</AlertTitle>
        All {formatCount(found.events)} entries were read and each link holds: nothing was changed, taken out or put in.
        Checked {formatDateTime(found.verifiedAt)} in {formatDuration(found.durationMs)}.
        <Box sx={{ mt: 0.5, display: 'flex', alignItems: 'center', gap: 1 }}>
          <Typography variant="caption" sx={{ whiteSpace: 'nowrap' }}>
            Last hash
          </Typography>
          <Identifier label="last hash" value={found.head} />
        </Box>
      </Alert>
    );
  return (
    <Alert severity="error" data-testid="verify-broken">
      <AlertTitle>
        The chain is broken{found.problemSeq == null ? '' : ` at entry ${formatCount(found.problemSeq)}`}
      </AlertTitle>
      {found.problem ?? 'An entry does not match its hash.'} Entries before it still hold. Keep a copy of the database
      as it is now, and find out who could write to it.
    </Alert>
  );
}

/** Says in words whether the log holds, and names the first link that does not. */
export function VerifyOutcome({ verify }: { verify: ReturnType<typeof useVerify> }) {
  const { found, problem, start, running } = verify;
  return (
    <Box aria-live="polite" sx={{ '&:not(:empty)': { mb: 2 } }}>
      {running && (
        <Box sx={{ maxWidth: 480 }}>
          <Typography variant="caption" color="textSecondary">
            Reading every entry and computing its hash anew…
          </Typography>
          <LinearProgress sx={{ mt: 0.5, borderRadius: 1 }} />
        </Box>
      )}
      {problem !== undefined && (
        <Alert
          severity="warning"
          action={
            <Button size="small" color="inherit" onClick={start}>
              Try again
            </Button>
          }
        >
          The log could not be checked: {problem}
        </Alert>
      )}
      {found && <Outcome found={found} />}
    </Box>
  );
}
