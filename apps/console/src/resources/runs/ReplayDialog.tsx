import { Alert, Box, Button, Dialog, DialogActions, DialogContent, DialogTitle, Typography } from '@mui/material';
import { useState } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { Code } from '../../code/Code.tsx';
import { Findings } from '../../code/Findings.tsx';
import { formatDuration, plural } from '../../format.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Diff } from '../../ui/Diff.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ReplayRunDocument, type Replay, type Run } from './queries.ts';

interface Part<Value> {
  readonly same: boolean;
  readonly before: Value;
  readonly after: Value;
}
interface Call {
  readonly tool: string;
  readonly outcome: string;
  readonly seq: number | null;
}
interface ReplayDiff {
  readonly same: boolean;
  readonly status: Part<string>;
  readonly result: Part<unknown>;
  readonly logs: Part<readonly string[]>;
  readonly calls: readonly Call[];
  readonly notMade: readonly Omit<Call, 'outcome'>[];
}

const CALLS: readonly Column<Call>[] = [
  { key: 'tool', label: 'Call', render: (call) => <code>{call.tool}</code> },
  { key: 'how', label: 'Answered', render: (call) => <StatusChip kind="replay" value={call.outcome} /> },
  {
    key: 'seq',
    label: 'On record as',
    align: 'right',
    from: 'sm',
    render: (call) => (call.seq === null ? '–' : `call ${call.seq}`),
  },
];

function Outcome({ replay }: { replay: Replay }) {
  const diff = replay.diff as ReplayDiff;
  const error = replay.error as { message?: string; reason?: string } | null;
  const calls: Call[] = [...diff.calls, ...diff.notMade.map((call) => ({ ...call, outcome: 'not_made' }))];
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }} data-testid="replay-outcome">
      <Alert severity={diff.same ? 'success' : 'warning'}>
        {diff.same
          ? `The same in ${formatDuration(replay.durationMs)}: result, logs and calls.`
          : `It differs: ${[
              diff.status.same ? '' : `it ended as ${diff.status.after} and not as ${diff.status.before}`,
              diff.result.same ? '' : 'its result',
              diff.logs.same ? '' : 'its logs',
              calls.every(({ outcome }) => outcome === 'recorded') ? '' : 'its calls',
            ]
              .filter(Boolean)
              .join(', ')}.`}
      </Alert>
      {error && <Alert severity="error">{error.message ?? error.reason}</Alert>}
      {replay.findings.length > 0 && <Findings findings={replay.findings} onOpen={() => undefined} />}
      {!diff.result.same && replay.status === 'done' && (
        <Box>
          <Typography variant="h3" component="h3" sx={{ mb: 1 }}>
            Result
          </Typography>
          <Diff before={diff.result.before} after={diff.result.after} label="Result before and now" />
        </Box>
      )}
      {!diff.logs.same && (
        <Box>
          <Typography variant="h3" component="h3" sx={{ mb: 1 }}>
            Logs
          </Typography>
          <Diff before={diff.logs.before.join('\n')} after={diff.logs.after.join('\n')} label="Logs before and now" />
        </Box>
      )}
      {calls.length > 0 && (
        <Box>
          <Typography variant="h3" component="h3" sx={{ mb: 0.5 }}>
            {plural(calls.length, 'call')}
          </Typography>
          <DataTable
            label="Calls of the replay"
            rows={calls.map((call, at) => ({ ...call, at }))}
            columns={CALLS}
            rowKey={(call) => String((call as Call & { at: number }).at)}
          />
        </Box>
      )}
    </Box>
  );
}

/** Runs a run again against its record, as it was or with a correction, and shows what differs. */
export function ReplayDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const [code, setCode] = useState(run.code);
  const change = useChange(ReplayRunDocument, { quiet: true });
  const isOwn = code === run.code;
  return (
    <Dialog open onClose={onClose} maxWidth="md" fullWidth aria-labelledby="replay-title">
      <DialogTitle id="replay-title" component="h2">
        Replay
      </DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Typography variant="body2" color="textSecondary">
          Runs it again in a sandbox and answers each call with what it gave then: no tool is called and nothing is
          changed. Correct the code to try a fix on the same data.
          {run.content.callsLeftOut > 0 &&
            ` ${plural(run.content.callsLeftOut, 'call')} gave too much to be recorded and cannot be replayed.`}
        </Typography>
        <Box sx={{ border: 1, borderColor: 'divider', borderRadius: 1.5, overflow: 'hidden' }}>
          <Code text={code} label="Code to replay" onChange={setCode} maxHeight={300} />
        </Box>
        {change.error != null && <Alert severity="error">{messageOf(change.error)}</Alert>}
        {change.data && <Outcome replay={change.data.replayRun} />}
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button onClick={onClose}>Close</Button>
        <Button
          variant="contained"
          loading={change.isPending}
          onClick={() => change.mutate({ id: run.id, ...(isOwn ? {} : { code }) })}
          data-testid="replay-start"
        >
          {isOwn ? 'Replay' : 'Replay the changed code'}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
