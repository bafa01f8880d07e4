import { lazy } from 'react';
import { List } from './List.tsx';

export const runs = { list: List, show: lazy(() => import('./Show.tsx')) };
