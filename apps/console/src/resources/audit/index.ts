import { List } from './List.tsx';

export const audit = { list: List };
