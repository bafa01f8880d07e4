import { lazy } from 'react';
import { List } from './List.tsx';

export const reviews = { list: List, show: lazy(() => import('./Show.tsx')) };
