import { createContext, use } from 'react';
import type { Viewer } from './queries.ts';

export const ViewerContext = createContext<Viewer | undefined>(undefined);

export type Permission = `${string}.${string}`;

export function useViewer(): Viewer {
  const viewer = use(ViewerContext);
  if (!viewer) throw new Error('useViewer is for pages inside <Viewer>');
  return viewer;
}

/** Whether the signed-in person may do it in this tenant. It only spares them a refusal: the API decides. */
export function useCan(permission: Permission): boolean {
  return useViewer().permissions.includes(permission);
}
