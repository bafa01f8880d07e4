import { Button } from '@mui/material';
import { Link, useNavigate } from 'react-router-dom';
import { useApi, useChange } from '../../api/use-api.ts';
import { useCan } from '../../session/use-viewer.ts';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { AskForReviewDocument, ReviewOfRunDocument } from './queries.ts';
import { stateOf } from './words.ts';

/** On a run's page: its review, or the way to one. */
export function SendToReview({ runId, isOver }: { runId: string; isOver: boolean }) {
  const [mayRead, mayDecide] = [useCan('reviews.read'), useCan('reviews.decide')];
  const navigate = useNavigate();
  const { data } = useApi(ReviewOfRunDocument, { runId }, { enabled: mayRead });
  const ask = useChange(AskForReviewDocument, {
    done: ({ askForReview }) => void navigate(`/reviews/${askForReview.id}/show`),
  });
  const known = data?.reviewsOfRun[0];
  if (known)
    return (
      <Button component={Link} to={`/reviews/${known.id}/show`} data-testid="to-review">
        Review <StatusChip kind="review" value={stateOf(known)} />
      </Button>
    );
  if (!data || !mayDecide || !isOver) return null;
  return (
    <Button onClick={() => ask.mutate({ runId })} loading={ask.isPending} data-testid="ask-for-review">
      Review this run
    </Button>
  );
}
