import { Alert, AlertTitle, Box, Button, LinearProgress, Typography } from '@mui/material';
import { formatCount, formatDateTime, formatDuration, plural } from '../../format.ts';
import { Identifier } from '../../ui/Snippet.tsx';
import type { useVerify, Verification } from './use-verify.ts';

/** What a signature vouches for besides the chain, which whoever owns the database could write anew as a whole. */
function Signed({ found: { checkpoints, signedThrough, headSeq, cutThrough } }: { found: Verification }) {
  const after = headSeq - signedThrough - 1; // the checkpoint itself is the one behind
  return (
    <>
      {checkpoints === 0
        ? 'No checkpoint is signed yet, so nothing shows whether the log was written anew as a whole.'
        : `${plural(checkpoints, 'signed checkpoint')} ${checkpoints === 1 ? 'holds' : 'hold'}; the newest vouches for everything up to entry ${formatCount(signedThrough)}${after > 0 ? `, not yet for the ${formatCount(after)} after it` : ''}.`}
      {cutThrough > 0 &&
        ` Entries up to ${formatCount(cutThrough)} were cut off by retention; a signed record says so.`}
    </>
  );
}

function Outcome({ found }: { found: Verification }) {
  if (found.ok)
    return (
      <Alert severity="success" data-testid="verify-ok">
        <AlertTitle>The log is whole</AlertTitle>
        All {formatCount(found.events)} entries were read and each link holds: nothing was changed, taken out or put in.
        Checked {formatDateTime(found.verifiedAt)} in {formatDuration(found.durationMs)}. <Signed found={found} />
        <Box sx={{ mt: 0.5, display: 'flex', alignItems: 'center', gap: 1 }}>
          <Typography variant="caption" sx={{ whiteSpace: 'nowrap' }}>
            Last hash
          </Typography>
          <Identifier label="last hash" value={found.head} />
        </Box>
      </Alert>
    );
  const more = found.problemCount - found.problems.length;
  return (
    <Alert severity="error" data-testid="verify-broken">
      <AlertTitle>The log does not hold: {plural(found.problemCount, 'problem')}</AlertTitle>
      <Box component="ul" sx={{ m: 0, mb: 0.5, pl: 2.5 }}>
        {found.problems.map(({ seq, message }, at) => (
          <li key={`${seq} ${at}`}>{message}</li>
        ))}
        {more > 0 && <li>and {formatCount(more)} more</li>}
      </Box>
      Keep a copy of the database as it is now, and find out who could write to it. <Signed found={found} />
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
