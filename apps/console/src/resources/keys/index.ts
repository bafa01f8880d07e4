import { List } from './List.tsx';

export const keys = { list: List };
