import { lazy } from 'react';

export const grants = { list: lazy(() => import('./Grants.tsx')) };
