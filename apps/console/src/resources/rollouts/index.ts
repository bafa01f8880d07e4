import { lazy } from 'react';

export const rollouts = { list: lazy(() => import('./List.tsx')), show: lazy(() => import('./Show.tsx')) };
