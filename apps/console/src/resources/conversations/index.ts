import { lazy } from 'react';
import { List } from './List.tsx';

export const conversations = { list: List, show: lazy(() => import('./Show.tsx')) };
