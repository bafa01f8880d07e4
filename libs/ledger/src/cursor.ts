import { AppError, isUuid } from '@switchyard/kernel';

/** The last row of a page, in the order of the list. */
export interface Place {
  readonly at: Date;
  readonly id: string;
}

const refuse = (): never => {
  throw new AppError('invalid_request', 'This cursor is not one of ours: start again without one.');
};

export const encodePlace = ({ at, id }: Place): string =>
  Buffer.from(`${at.toISOString()} ${id}`).toString('base64url');

/** Throws AppError `invalid_request`. */
export function decodePlace(cursor: string): Place {
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const date = new Date(at);
  return Number.isNaN(date.getTime()) || !isUuid(id) ? refuse() : { at: date, id };
}

export const encodeSeq = (seq: number): string => Buffer.from(String(seq)).toString('base64url');

/** Throws AppError `invalid_request`. */
export function decodeSeq(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString();
  return /^\d{1,15}$/.test(text) ? Number(text) : refuse();
}

/** Between 1 and 200; 50 unless said. */
export const pageSize = (limit: number | null | undefined): number =>
  Math.min(Math.max(Math.trunc(limit ?? 50), 1), 200);

/** `text` as a LIKE pattern that finds it anywhere. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

export interface Page<Item> {
  readonly items: readonly Item[];
  /** The `cursor` of what follows; null at the end. */
  readonly next: string | null;
}

/** A page out of one row more than asked for. */
export function toPage<Item>(rows: readonly Item[], limit: number, cursorOf: (last: Item) => string): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last !== undefined && rows.length > limit ? cursorOf(last) : null };
}
