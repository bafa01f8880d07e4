import { lazy } from 'react';
import { List } from './List.tsx';

export const connections = {
  list: List,
  create: lazy(() => import('./Add.tsx')),
  show: lazy(() => import('./Show.tsx')),
};
