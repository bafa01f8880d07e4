import { lazy } from 'react';
import { List } from './List.tsx';

export const approvals = { list: List, show: lazy(() => import('./Show.tsx')) };
