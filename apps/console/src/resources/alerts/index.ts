import { lazy } from 'react';

export const alerts = { list: lazy(() => import('./List.tsx')) };
