import { Alert, Box, Button, LinearProgress, Typography } from '@mui/material';
import { Link } from 'react-router-dom';
import { JsonView } from '../code/JsonView.tsx';
import { formatDuration, formatShort, plural } from '../format.ts';
import { Logs } from '../resources/runs/Logs.tsx';
import { RunErrorBox } from '../resources/runs/RunErrorBox.tsx';
import { outcomeInWords, parseRunError } from '../resources/runs/words.ts';
import { MONO } from '../theme.ts';
import { Section } from '../ui/Page.tsx';
import { StatusChip } from '../ui/StatusChip.tsx';
import type { Answer, CallLine } from './answer.ts';
import type { RunState } from './use-run.ts';

function Calls({ calls }: { calls: readonly CallLine[] }) {
  return (
    <Box
      component="ul"
      aria-label="Calls"
      data-testid="calls"
      sx={{ m: 0, p: 0, listStyle: 'none', maxHeight: 260, overflow: 'auto' }}
    >
      {calls.map((call, at) => (
        <Box
          component="li"
          key={at}
          sx={{
            display: 'flex',
            alignItems: 'center',
            gap: 1.25,
            px: 2,
            py: 0.6,
            borderTop: 1,
            borderColor: 'divider',
          }}
        >
          <Typography component="span" noWrap sx={{ fontFamily: MONO, fontSize: 12.5, flex: 1, minWidth: 0 }}>
            {call.tool}
          </Typography>
          <Typography
            variant="caption"
            color="textSecondary"
            sx={{ whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' }}
          >
            {formatDuration(call.durationMs)} · {formatShort(call.tokens)} tokens
          </Typography>
          <StatusChip kind="call" value={call.status} />
        </Box>
      ))}
    </Box>
  );
}

function Ended({
  answer,
  onOpenLine,
}: {
  answer: Answer;
  onOpenLine: (line: number, column: number | undefined) => void;
}) {
  const error = parseRunError(answer.error);
  const denied = answer.calls.filter((call) => call.status === 'denied').length;
  const resultBytes = answer.status === 'done' ? new Blob([JSON.stringify(answer.result) ?? '']).size : 0;
  return (
    <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Box sx={{ display: 'flex', gap: 1.5, alignItems: 'center', flexWrap: 'wrap' }}>
        <StatusChip kind="run" value={answer.status} />
        <Typography variant="body2" sx={{ flex: '1 1 240px' }}>
          {outcomeInWords(
            {
              status: answer.status,
              findings: [...answer.findings].map((f) => ({
                ...f,
                hint: f.hint ?? null,
                severity: f.severity ?? 'error',
              })),
              deniedCount: denied,
              resultBytes,
            },
            error,
          )}
        </Typography>
        <Button component={Link} to={`/runs/${answer.id}/show`} size="small" data-testid="open-run">
          Open the saved run
        </Button>
      </Box>
      <Typography variant="caption" color="textSecondary">
        {formatDuration(answer.durationMs)} · {plural(answer.calls.length, 'call')} ·{' '}
        {formatShort(answer.tokensReturned)} tokens returned, {formatShort(answer.tokensKeptOut)} kept out
      </Typography>
      {error && <RunErrorBox error={error} onOpen={onOpenLine} />}
      {answer.status === 'done' && (
        <Box data-testid="result">
          <JsonView
            value={answer.result === null || answer.result === undefined ? 'null' : answer.result}
            label="Result"
            maxHeight={380}
          />
        </Box>
      )}
    </Box>
  );
}

export function Output({
  state,
  onOpenLine,
}: {
  state: RunState;
  onOpenLine: (line: number, column: number | undefined) => void;
}) {
  const { phase, answer, problem, logs, calls } = state;
  if (phase === 'idle')
    return (
      <Section title="Outcome">
        <Typography variant="body2" color="textSecondary">
          Press Run, or <kbd>Ctrl</kbd> + <kbd>Enter</kbd> in the editor. Logs appear as they come.
        </Typography>
      </Section>
    );
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }} aria-live="polite">
      <Section title="Outcome">
        {phase === 'running' && (
          <Box role="status" data-testid="running">
            <Typography variant="caption" color="textSecondary">
              Running…
            </Typography>
            <LinearProgress sx={{ mt: 0.5, borderRadius: 1 }} />
          </Box>
        )}
        {phase === 'stopped' && (
          <Alert severity="info">You stopped it. What it had called by then is in the saved run.</Alert>
        )}
        {phase === 'refused' && (
          <Alert severity="error" role="alert" data-testid="run-problem">
            {problem}
          </Alert>
        )}
        {answer && <Ended answer={answer} onOpenLine={onOpenLine} />}
      </Section>
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0,1fr)', md: 'repeat(2, minmax(0,1fr))' },
          alignItems: 'start',
        }}
      >
        <Section title="Logs" flush>
          <Logs logs={logs} follow={phase === 'running'} startedAt={state.startedAt} maxHeight={260} />
        </Section>
        <Section title={`Calls (${calls.length})`} flush>
          {calls.length === 0 ? (
            <Typography variant="body2" color="textSecondary" sx={{ px: 2, py: 1.5 }}>
              {phase === 'running' ? 'No tool called so far.' : 'No tool was called.'}
            </Typography>
          ) : (
            <Calls calls={calls} />
          )}
        </Section>
      </Box>
    </Box>
  );
}
