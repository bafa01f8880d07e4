import { Alert, Box, Chip, Link as MuiLink, Typography } from '@mui/material';
import { Link } from 'react-router-dom';
import { formatDateTime, formatDuration, formatMicros, formatShort, plural } from '../../format.ts';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ToolName } from '../../ui/ToolName.tsx';
import { ArmChip, armLabel, ScriptedChip } from './ArmChip.tsx';
import type { ChatMessage } from './queries.ts';

interface Called {
  readonly server: string;
  readonly tool: string;
  readonly status: string;
}
interface Ran {
  readonly id: string;
  readonly status: string;
  readonly calls: number;
}

const listOf = <Item,>(value: unknown): readonly Item[] => (Array.isArray(value) ? (value as Item[]) : []);

/** What an answer took: model calls, tokens, time, money. */
function Bill({ message }: { message: ChatMessage }) {
  const parts = [
    plural(message.modelCalls, 'model call'),
    `${formatShort(message.promptTokens)} tokens in, ${formatShort(message.completionTokens)} out${message.usageEstimated ? ' (estimated)' : ''}`,
    message.latencyMs != null && formatDuration(message.latencyMs),
    message.scripted ? 'no cost' : message.costMicros == null ? 'no price known' : formatMicros(message.costMicros),
  ].filter(Boolean);
  return (
    <Typography variant="caption" color="textSecondary">
      {parts.join(' · ')}
    </Typography>
  );
}

export function Message({ message }: { message: ChatMessage }) {
  const answer = message.role === 'assistant';
  const calls = listOf<Called>(message.calls);
  const runs = listOf<Ran>(message.runs);
  return (
    <Box
      component="article"
      aria-label={answer ? 'Answer' : 'Message'}
      sx={{
        justifySelf: answer ? 'start' : 'end',
        maxWidth: { xs: '100%', md: '78%' },
        minWidth: 0,
        px: 2,
        py: 1.25,
        borderRadius: 2,
        border: 1,
        borderColor: 'divider',
        bgcolor: answer ? 'background.paper' : 'action.hover',
        display: 'grid',
        gap: 0.75,
        gridTemplateColumns: 'minmax(0, 1fr)',
      }}
    >
      <Box sx={{ display: 'flex', gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
        <Typography variant="caption" color="textSecondary">
          {answer ? (message.model ?? 'no model') : message.role} · {formatDateTime(message.at)}
        </Typography>
        {answer && <ArmChip arm={message.servedArm ?? message.arm} />}
        {answer && message.scripted && <ScriptedChip />}
        {message.truncated && <Chip size="small" variant="outlined" label="Cut to what is kept" />}
      </Box>
      {message.fallback != null && (
        <Alert severity="warning" sx={{ py: 0 }}>
          {armLabel(message.arm)} was to answer and {armLabel(message.servedArm)} did: {message.fallback}
        </Alert>
      )}
      {message.errorCode != null && (
        <Alert severity="error" sx={{ py: 0 }}>
          It ended with {message.errorCode}.
        </Alert>
      )}
      <Typography component="div" sx={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', fontSize: 14.5 }}>
        {message.content === '' ? (
          <Box component="em" sx={{ color: 'text.secondary' }}>
            no text
          </Box>
        ) : (
          message.content
        )}
      </Typography>
      {calls.length > 0 && (
        <Box sx={{ display: 'flex', gap: 1.5, flexWrap: 'wrap' }} aria-label="Tools that the model called">
          {calls.map((call, position) => (
            <Box key={position} sx={{ display: 'flex', gap: 0.5, alignItems: 'center' }}>
              <StatusChip kind="call" value={call.status} />
              <ToolName server={call.server} tool={call.tool} />
            </Box>
          ))}
        </Box>
      )}
      {runs.map((run) => (
        <Box key={run.id} sx={{ display: 'flex', gap: 1, alignItems: 'center' }}>
          <StatusChip kind="run" value={run.status} />
          <MuiLink component={Link} to={`/runs/${run.id}/show`} variant="body2">
            Code that ran, {plural(run.calls, 'call')}
          </MuiLink>
        </Box>
      ))}
      {answer && <Bill message={message} />}
    </Box>
  );
}
