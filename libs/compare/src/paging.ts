import { AppError, isUuid } from '@switchyard/kernel';

export interface Paging {
  readonly cursor?: string | null | undefined;
  readonly limit?: number | null | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** The `cursor` of what follows; null at the end. */
  readonly next: string | null;
}

const MOST = 100;

/** Ids sort by time, so that the last id of a page is the place to go on from. */
export function placeOf({ cursor, limit }: Paging): { readonly before?: string; readonly limit: number } {
  if (cursor && !isUuid(cursor))
    throw new AppError('invalid_request', 'This cursor is not one of ours: start again without one.');
  return { ...(cursor ? { before: cursor } : {}), limit: Math.min(Math.max(Math.trunc(limit ?? 25), 1), MOST) };
}

/** A page out of one row more than asked for. */
export const pageOf = <Item extends { readonly id: string }>(rows: readonly Item[], limit: number): Page<Item> => ({
  items: rows.slice(0, limit),
  next: rows.length > limit ? (rows[limit - 1]?.id ?? null) : null,
});
