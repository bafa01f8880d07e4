import { Box, Link as MuiLink, Typography } from '@mui/material';
import { Link } from 'react-router-dom';
import { formatCount, formatDuration, formatMicros, plural } from '../../format.ts';
import { ArmChip, ScriptedChip } from '../conversations/ArmChip.tsx';
import type { Answer } from './queries.ts';

/** What one arm answered, and what it took. */
export function AnswerBox({ arm, answer }: { arm: string; answer: Answer }) {
  const took = [
    `${formatCount(answer.inputTokens + answer.outputTokens)} tokens`,
    formatDuration(answer.latencyMs),
    ...(answer.costMicros == null ? [] : [formatMicros(answer.costMicros)]),
    ...(answer.tools.length === 0 ? [] : [plural(new Set(answer.tools).size, 'tool')]),
  ];
  return (
    <Box
      component="article"
      aria-label={`Answer of ${arm}`}
      sx={{ border: 1, borderColor: 'divider', borderRadius: 1.5, p: 1.5, bgcolor: 'background.paper', minWidth: 0 }}
    >
      <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap', alignItems: 'center', mb: 1 }}>
        <ArmChip arm={arm} />
        {answer.scripted && <ScriptedChip />}
        <Typography variant="caption" color="textSecondary">
          {took.join(' · ')}
        </Typography>
      </Box>
      {answer.error == null ? (
        <Typography variant="body2" sx={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {answer.text}
        </Typography>
      ) : (
        <Typography variant="body2" color="error">
          No answer: {answer.error}
        </Typography>
      )}
      {answer.runs.length > 0 && (
        <Box sx={{ display: 'flex', gap: 1.5, mt: 1, flexWrap: 'wrap' }}>
          {answer.runs.map((run, at) => (
            <MuiLink key={run} component={Link} to={`/runs/${run}/show`} variant="caption">
              {answer.runs.length === 1 ? 'Code that ran' : `Code that ran (${at + 1})`}
            </MuiLink>
          ))}
        </Box>
      )}
    </Box>
  );
}
