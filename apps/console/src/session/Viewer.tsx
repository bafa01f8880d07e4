import type { ReactNode } from 'react';
import { useApi } from '../api/use-api.ts';
import { PageSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { ViewerDocument } from './queries.ts';
import { ViewerContext } from './use-viewer.ts';

/** Nothing of the console shows before it is known who looks, in which tenant, and what they may do. */
export function Viewer({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useApi(ViewerDocument, {});
  if (data) return <ViewerContext value={data.viewer}>{children}</ViewerContext>;
  if (error) return <Problem error={error} retry={() => void refetch()} title="The console could not be opened" tall />;
  return <PageSkeleton />;
}
