import { Box, Typography } from '@mui/material';
import { AnswerBox } from './AnswerBox.tsx';
import type { Answer } from './queries.ts';

interface Side {
  readonly arm: string;
  readonly answer: Answer;
}

/** Two answers to one question beside each other, and why they are called alike or not. */
export function Pair({
  question,
  sides,
  reasons,
}: {
  question: string;
  sides: readonly Side[];
  reasons: readonly string[];
}) {
  return (
    <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Typography variant="body2" sx={{ fontWeight: 600, overflowWrap: 'anywhere' }}>
        {question}
      </Typography>
      <Box
        sx={{
          display: 'grid',
          gap: 1.5,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'repeat(2, minmax(0, 1fr))' },
        }}
      >
        {sides.map(({ arm, answer }) => (
          <AnswerBox key={arm} arm={arm} answer={answer} />
        ))}
      </Box>
      {reasons.length > 0 && (
        <Typography variant="body2" color="textSecondary">
          {reasons.join('; ')}
        </Typography>
      )}
    </Box>
  );
}
