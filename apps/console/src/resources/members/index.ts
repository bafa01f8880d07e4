import { List } from './List.tsx';

export const members = { list: List };
