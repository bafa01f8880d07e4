import {
  Alert,
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  LinearProgress,
  Typography,
} from '@mui/material';
import { messageOf } from '../../api/errors.ts';
import { formatCount, plural } from '../../format.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ToolName } from '../../ui/ToolName.tsx';
import type { ReplayDifference } from './queries.ts';
import { REPLAYED_AT_MOST, useReplay, type PolicyDraft } from './use-replay.ts';

const COLUMNS: readonly Column<ReplayDifference>[] = [
  {
    key: 'outcome',
    label: 'Would be',
    width: 170,
    render: (one) => <StatusChip kind="outcome" value={one.outcome} />,
  },
  {
    key: 'who',
    label: 'Who, and what',
    render: (one) => (
      <>
        <Box sx={{ overflowWrap: 'anywhere', fontWeight: 600 }}>{one.principalName}</Box>
        <ToolName server={one.server} tool={one.tool} />
      </>
    ),
  },
  { key: 'count', label: 'Calls', align: 'right', width: 80, render: (one) => formatCount(one.count) },
  { key: 'last', label: 'Last', from: 'sm', render: (one) => <RelativeTime at={one.lastAt} /> },
];

interface Props {
  readonly draft: PolicyDraft;
  /** What the draft is, as in "decided once more under …". */
  readonly under: string;
  readonly onClose: () => void;
}

/** What a draft would have done to the calls of the log, before anything is saved. */
export function ReplayDialog({ draft, under, onClose }: Props) {
  const { examined, changedSince, differences, done, error } = useReplay(draft);
  const callsOf = (outcome: ReplayDifference['outcome']) =>
    differences.filter((one) => one.outcome === outcome).reduce((sum, one) => sum + one.count, 0);
  const bounded = callsOf('bounded');
  return (
    <Dialog open onClose={onClose} maxWidth="md" fullWidth aria-labelledby="replay-title">
      <DialogTitle id="replay-title" component="h2">
        The draft on the decision log
      </DialogTitle>
      <DialogContent>
        <Typography variant="body2" color="textSecondary">
          Logged decisions, newest first, decided once more under {under} that nobody has saved. Nothing is changed by
          looking. Arguments in the log are masked.
        </Typography>
        <Box sx={{ my: 2 }} aria-live="polite" data-testid="replay">
          {!done && (
            <LinearProgress
              variant="determinate"
              value={Math.min((examined / REPLAYED_AT_MOST) * 100, 100)}
              aria-label="Decisions examined"
              sx={{ mb: 1 }}
            />
          )}
          {error !== undefined ? (
            <Alert severity="error">{messageOf(error)}</Alert>
          ) : (
            <Typography sx={{ fontWeight: 600 }}>
              {done ? 'Of' : 'So far, of'} {plural(examined, 'decision')}, {formatCount(callsOf('denied'))} would newly
              be denied, {formatCount(callsOf('needs_approval'))} would need an approval and{' '}
              {formatCount(callsOf('allowed'))} would newly be allowed
              {bounded > 0 && `; ${formatCount(bounded)} stay allowed with other masked fields or caps`}.
            </Typography>
          )}
          {done && examined >= REPLAYED_AT_MOST && (
            <Typography variant="caption" color="textSecondary" component="div">
              The newest {formatCount(REPLAYED_AT_MOST)} are examined; older ones are left alone.
            </Typography>
          )}
          {done && examined === 0 && error === undefined && (
            <Typography variant="body2" color="textSecondary">
              The log is empty: no call has been decided yet.
            </Typography>
          )}
          {changedSince > 0 && (
            <Typography variant="caption" color="textSecondary">
              {formatCount(changedSince)} of them are decided otherwise today than when they were logged, because the
              policy has changed since; they are compared with today.
            </Typography>
          )}
        </Box>
        {differences.length > 0 && (
          <DataTable
            label="What would come out otherwise"
            rows={differences.slice(0, 200)}
            columns={COLUMNS}
            rowKey={(one) => `${one.principalId} ${one.server} ${one.tool} ${one.outcome}`}
          />
        )}
        {differences.length > 200 && (
          <Typography variant="caption" color="textSecondary">
            The 200 with the most calls of {formatCount(differences.length)} are shown.
          </Typography>
        )}
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
