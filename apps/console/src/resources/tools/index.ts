import { lazy } from 'react';
import { List } from './List.tsx';

export const tools = { list: List, show: lazy(() => import('./Show.tsx')) };
