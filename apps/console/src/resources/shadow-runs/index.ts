import { lazy } from 'react';

export const shadowRuns = { list: lazy(() => import('./List.tsx')) };
