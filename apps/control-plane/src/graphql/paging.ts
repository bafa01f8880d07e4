import { AppError } from '@switchyard/kernel';

const MAX_PAGE = 100;

/** How many rows a page may ask for. */
export function pageLimit(limit: number): number {
  if (limit < 1 || limit > MAX_PAGE)
    throw new AppError('unprocessable', `limit: between 1 and ${MAX_PAGE}`, { path: 'limit' });
  return limit;
}

type Given<Filter> = { [Name in keyof Filter]?: Exclude<Filter[Name], null> };

/** A filter's fields without those that are null or absent, which GraphQL holds apart and the libraries do not. */
export const given = <Filter extends object>(filter: Filter | null | undefined): Given<Filter> =>
  Object.fromEntries(
    Object.entries(filter ?? {}).filter(([, value]) => value !== null && value !== undefined),
  ) as Given<Filter>;
