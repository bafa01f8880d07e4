import { Alert, Box, TextField, Typography } from '@mui/material';
import DoneIcon from '@mui/icons-material/TaskAltOutlined';
import { useState } from 'react';
import { messageOf } from '../api/errors.ts';
import { useApi, useChange } from '../api/use-api.ts';
import { formatCount } from '../format.ts';
import { ScriptedChip } from '../resources/conversations/ArmChip.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Section } from '../ui/Page.tsx';
import { RowsSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { AnswerPane } from './AnswerPane.tsx';
import { GradeTable } from './GradeTable.tsx';
import { KeyButton } from './KeyButton.tsx';
import { GradeAnswerDocument, SampledAnswersDocument, type SampledAnswer } from './queries.ts';
import { useKeys } from '../ui/use-keys.ts';

type Grade = 'correct' | 'partly' | 'wrong';

interface DeskProps {
  readonly answer: SampledAnswer;
  readonly waiting: number;
  readonly onSkip: () => void;
  readonly onGraded: () => void;
}

function Desk({ answer, waiting, onSkip, onGraded }: DeskProps) {
  const [comment, setComment] = useState('');
  const change = useChange(GradeAnswerDocument, { quiet: true });
  const give = (grade: Grade): void => {
    if (change.isPending) return;
    change.mutate({ id: answer.id, grade, comment: comment.trim() === '' ? null : comment }, { onSuccess: onGraded });
  };
  useKeys({ '1': () => give('correct'), '2': () => give('partly'), '3': () => give('wrong'), s: onSkip });
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Section>
        <Box sx={{ display: 'flex', gap: 1, alignItems: 'center', mb: 0.5 }}>
          <Typography variant="overline" color="textSecondary" sx={{ flex: 1 }}>
            Question, <RelativeTime at={answer.answeredAt} />
          </Typography>
          {answer.scripted && <ScriptedChip />}
        </Box>
        <Typography sx={{ fontWeight: 600, overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
          {answer.question}
        </Typography>
      </Section>
      <AnswerPane title="Answer" text={answer.answer} chosen={false} />
      <TextField
        label="Comment"
        value={comment}
        onChange={(event) => setComment(event.target.value)}
        multiline
        slotProps={{ htmlInput: { maxLength: 4_000 } }}
      />
      {change.error != null && <Alert severity="error">{messageOf(change.error)}</Alert>}
      <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>
        <KeyButton hotkey="1" onClick={() => give('correct')} disabled={change.isPending}>
          Correct
        </KeyButton>
        <KeyButton hotkey="2" onClick={() => give('partly')} disabled={change.isPending}>
          Partly
        </KeyButton>
        <KeyButton hotkey="3" onClick={() => give('wrong')} disabled={change.isPending}>
          Wrong
        </KeyButton>
        <KeyButton hotkey="s" onClick={onSkip} quiet>
          Skip
        </KeyButton>
        <Typography variant="caption" color="textSecondary" sx={{ ml: 'auto' }}>
          {formatCount(waiting)} waiting
        </Typography>
      </Box>
    </Box>
  );
}

/** Answers that were drawn from real traffic, one by one; the arm is not told before the grade. */
export function FromTraffic() {
  const { data, error, refetch } = useApi(SampledAnswersDocument, {});
  const [skipped, setSkipped] = useState<readonly string[]>([]);
  const [graded, setGraded] = useState<readonly string[]>([]);
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <RowsSkeleton />;
  const items = data.sampledAnswers.items.filter(({ id }) => !graded.includes(id));
  const answer = items.find(({ id }) => !skipped.includes(id)) ?? items[0];
  const waiting = data.gradeCounts.reduce((sum, one) => sum + one.waiting, 0);
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      {answer ? (
        <Desk
          key={answer.id}
          answer={answer}
          waiting={waiting}
          onGraded={() => setGraded([...graded, answer.id])}
          onSkip={() => setSkipped(skipped.length + 1 >= items.length ? [] : [...skipped, answer.id])}
        />
      ) : (
        <Section>
          <EmptyState icon={DoneIcon} title="No answer waits for you">
            The share of answers that people grade is set under Chat. Once drawn, they wait here until somebody says
            whether they are right.
          </EmptyState>
        </Section>
      )}
      <GradeTable counts={data.gradeCounts} />
    </Box>
  );
}
