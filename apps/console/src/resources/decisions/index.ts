import { List } from './List.tsx';

export const decisions = { list: List };
