import { lazy } from 'react';
import { List } from './List.tsx';

export const skills = { list: List, show: lazy(() => import('./Show.tsx')) };
