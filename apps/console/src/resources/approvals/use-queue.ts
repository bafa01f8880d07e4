import { useApi } from '../../api/use-api.ts';
import { ApprovalsDocument, type ApprovalRow } from './queries.ts';

const MOST = 100;

/** What waits for this person, the oldest first. */
export function useQueue(): { readonly mine: readonly ApprovalRow[]; readonly all: readonly ApprovalRow[] } {
  const { data } = useApi(ApprovalsDocument, { status: 'pending', limit: MOST }, { keepPrevious: true });
  const all = [...(data?.approvals.items ?? [])].reverse();
  return { all, mine: all.filter(({ whyNot }) => whyNot == null) };
}

export function useFirstWaiting(): { readonly first: ApprovalRow | undefined; readonly count: number } {
  const { all, mine } = useQueue();
  return { first: mine[0], count: mine.length > 0 ? mine.length : all.length };
}

/** Those before and after one, in the order in which they came. */
export function useNeighbours(id: string): {
  readonly next: string | undefined;
  readonly previous: string | undefined;
} {
  const { mine } = useQueue();
  const at = mine.findIndex((one) => one.id === id);
  const others = mine.filter((one) => one.id !== id);
  return {
    next: at === -1 ? others[0]?.id : (mine[at + 1]?.id ?? others[0]?.id),
    previous: at > 0 ? mine[at - 1]?.id : undefined,
  };
}
