import { lazy } from 'react';

export const comparisons = { list: lazy(() => import('./List.tsx')), show: lazy(() => import('./Show.tsx')) };
