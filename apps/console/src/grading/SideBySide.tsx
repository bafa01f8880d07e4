import { Alert, Box, Button, LinearProgress, Typography } from '@mui/material';
import DoneIcon from '@mui/icons-material/TaskAltOutlined';
import ScaleIcon from '@mui/icons-material/BalanceOutlined';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { messageOf } from '../api/errors.ts';
import { useApi, useChange } from '../api/use-api.ts';
import { formatCount } from '../format.ts';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Section } from '../ui/Page.tsx';
import { RowsSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { AnswerPane } from './AnswerPane.tsx';
import { KeyButton } from './KeyButton.tsx';
import { BlindPairsDocument, GradePairDocument, type BlindPair } from './queries.ts';
import { Said } from './Said.tsx';
import { useKeys } from '../ui/use-keys.ts';

type Choice = NonNullable<BlindPair['choice']>;

interface DeskProps {
  readonly pairs: readonly BlindPair[];
  readonly onDone: () => void;
}

/** One pair after the other; what is skipped comes again at the end. */
function Desk({ pairs, onDone }: DeskProps) {
  const [queue, setQueue] = useState(() => pairs.filter(({ choice }) => choice == null).map(({ id }) => id));
  const [past, setPast] = useState<readonly string[]>([]);
  const grade = useChange(GradePairDocument, { quiet: true });
  const pair = pairs.find(({ id }) => id === queue[0]);
  const total = pairs.length;
  const waiting = queue.length;
  const choose = (choice: Choice): void => {
    if (!pair || grade.isPending) return;
    grade.mutate(
      { id: pair.id, choice },
      {
        onSuccess: () => {
          setPast([...past, pair.id]);
          setQueue(queue.slice(1));
          if (queue.length === 1) onDone();
        },
      },
    );
  };
  const skip = (): void => setQueue([...queue.slice(1), ...queue.slice(0, 1)]);
  const back = (): void => {
    const last = past.at(-1);
    if (last === undefined) return;
    setPast(past.slice(0, -1));
    setQueue([last, ...queue]);
  };
  useKeys({
    '1': () => choose('first'),
    '2': () => choose('second'),
    '=': () => choose('same'),
    s: skip,
    Backspace: back,
  });
  if (!pair) return null;
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }} data-testid="desk">
      <Box sx={{ display: 'flex', gap: 1.5, alignItems: 'center' }}>
        <LinearProgress
          variant="determinate"
          value={((total - waiting) / total) * 100}
          aria-label="Graded"
          sx={{ flex: 1, height: 6, borderRadius: 3, bgcolor: 'action.selected' }}
        />
        <Typography variant="caption" color="textSecondary" data-testid="graded">
          {formatCount(total - waiting)} of {formatCount(total)} graded
        </Typography>
      </Box>
      <Section>
        <Typography variant="overline" color="textSecondary">
          Question
        </Typography>
        <Typography sx={{ fontWeight: 600, overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
          {pair.question}
        </Typography>
      </Section>
      <Box
        key={pair.id}
        aria-live="polite"
        sx={{ display: 'grid', gap: 2, gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'repeat(2, minmax(0, 1fr))' } }}
      >
        <AnswerPane title="Answer 1" text={pair.first} chosen={pair.choice === 'first'} />
        <AnswerPane title="Answer 2" text={pair.second} chosen={pair.choice === 'second'} />
      </Box>
      {grade.error != null && <Alert severity="error">{messageOf(grade.error)}</Alert>}
      <Box
        sx={{
          display: 'flex',
          gap: 1,
          flexWrap: 'wrap',
          alignItems: 'center',
          position: { xs: 'sticky', md: 'static' },
          bottom: 0,
          py: 1,
          bgcolor: 'background.default',
        }}
      >
        <KeyButton hotkey="1" onClick={() => choose('first')} disabled={grade.isPending} testId="first">
          1 is better
        </KeyButton>
        <KeyButton hotkey="2" onClick={() => choose('second')} disabled={grade.isPending} testId="second">
          2 is better
        </KeyButton>
        <KeyButton hotkey="=" onClick={() => choose('same')} disabled={grade.isPending} testId="same">
          Neither
        </KeyButton>
        <KeyButton hotkey="s" onClick={skip} disabled={waiting < 2} quiet>
          Skip
        </KeyButton>
        {past.length > 0 && (
          <KeyButton hotkey="⌫" onClick={back} quiet>
            Back
          </KeyButton>
        )}
      </Box>
    </Box>
  );
}

/** Two answers to one question, not knowing which arm gave which. */
export function SideBySide({ comparison }: { comparison: string | null }) {
  const { data, error, refetch } = useApi(BlindPairsDocument, { comparison });
  const [finished, setFinished] = useState(false);
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <RowsSkeleton />;
  const { blindPairs: pairs } = data;
  if (pairs.length === 0)
    return (
      <Section>
        <EmptyState
          icon={ScaleIcon}
          title="No pair of answers yet"
          action={
            <Button component={Link} to="/comparisons" variant="contained">
              Compare the arms
            </Button>
          }
        >
          {comparison === null
            ? 'Pairs come from comparisons, and from shadow runs: answers that both arms gave to one question.'
            : 'They come as soon as both arms have answered a question.'}
        </EmptyState>
      </Section>
    );
  if (finished || pairs.every(({ choice }) => choice != null))
    return (
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Section>
          <EmptyState icon={DoneIcon} title="You have graded all of them">
            Below is what you and others said, and which arm it was.
          </EmptyState>
        </Section>
        <Said comparison={comparison} />
      </Box>
    );
  return <Desk key={comparison ?? 'shadow'} pairs={pairs} onDone={() => setFinished(true)} />;
}
