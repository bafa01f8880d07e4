import type { ReactNode } from 'react';
import { useListContext, type RaRecord } from 'react-admin';
import { Section } from './Page.tsx';
import { Pager } from './Pager.tsx';
import { RowsSkeleton } from './PageSkeleton.tsx';
import { Problem } from './Problem.tsx';

/** For the query of a list: its error stands in the list's place, and needs no notification as well. */
export const SHOWN_IN_PLACE = { onError: () => undefined };

interface Props<R extends RaRecord> {
  readonly children: (rows: readonly R[], stale: boolean) => ReactNode;
  readonly empty: ReactNode;
}

/** A long list's four states: loading, failed, empty, and its rows with the pager below. */
export function PagedList<R extends RaRecord>({ children, empty }: Props<R>) {
  const { data, error, isPending, isPlaceholderData, refetch } = useListContext<R>();
  return (
    <Section flush>
      {data && data.length > 0 ? (
        children(data, isPlaceholderData ?? false)
      ) : error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : isPending ? (
        <RowsSkeleton rows={8} />
      ) : (
        empty
      )}
      <Pager />
    </Section>
  );
}
