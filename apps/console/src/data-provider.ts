import type { DataProvider, GetListParams, RaRecord } from 'react-admin';
import { ApiError } from './api/errors.ts';
import { query } from './api/graphql.ts';
import { chosenTenant } from './api/tenant.ts';
import { AlertsDocument } from './resources/alerts/queries.ts';
import { ApprovalsDocument } from './resources/approvals/queries.ts';
import { AuditEventsDocument } from './resources/audit/queries.ts';
import { ComparisonsDocument } from './resources/comparisons/queries.ts';
import { ConversationsDocument } from './resources/conversations/queries.ts';
import { DecisionsDocument } from './resources/decisions/queries.ts';
import { ReviewsDocument } from './resources/reviews/queries.ts';
import { RunsDocument } from './resources/runs/queries.ts';
import { sinceOf } from './ui/periods.ts';
import { ShadowRunsDocument } from './resources/shadow-runs/queries.ts';

interface Page {
  readonly items: RaRecord[];
  readonly next?: string | null;
}
type ReadPage = (
  filter: Record<string, unknown>,
  cursor: string | undefined,
  limit: number,
  signal?: AbortSignal,
) => Promise<Page>;

const at = (cursor: string | undefined, limit: number) => ({ limit, ...(cursor === undefined ? {} : { cursor }) });

/** The long lists, which react-admin pages through. What is short is read whole by its own page (`useApi`). */
const pages: Readonly<Record<string, ReadPage>> = {
  runs: async (filter, cursor, limit, signal) =>
    (await query(RunsDocument, { filter, ...at(cursor, limit) }, signal)).runs,
  conversations: async (filter, cursor, limit, signal) =>
    (await query(ConversationsDocument, { filter, ...at(cursor, limit) }, signal)).conversations,
  decisions: async (filter, cursor, limit, signal) =>
    (await query(DecisionsDocument, { filter, ...at(cursor, limit) }, signal)).decisions,
  reviews: async (filter, cursor, limit, signal) =>
    (await query(ReviewsDocument, { filter, ...at(cursor, limit) }, signal)).reviews,
  approvals: async (filter, cursor, limit, signal) =>
    (await query(ApprovalsDocument, { ...filter, ...at(cursor, limit) }, signal)).approvals,
  audit: async (filter, cursor, limit, signal) =>
    (await query(AuditEventsDocument, { filter, ...at(cursor, limit) }, signal)).auditEvents,
  comparisons: async (_filter, cursor, limit, signal) =>
    (await query(ComparisonsDocument, at(cursor, limit), signal)).comparisons,
  'shadow-runs': async ({ verdict }, cursor, limit, signal) =>
    (await query(ShadowRunsDocument, { ...verdictOf(verdict), ...at(cursor, limit) }, signal)).shadowRuns,
  alerts: async ({ open }, cursor, limit, signal) =>
    (await query(AlertsDocument, { open: open === 'open', ...at(cursor, limit) }, signal)).alerts,
};

/** Filters come from the address, where anything may stand. */
const verdictOf = (given: unknown) => {
  const verdict = (['equivalent', 'different', 'unclear'] as const).find((one) => one === given);
  return verdict === undefined ? {} : { verdict };
};

/** Drops what is empty (an emptied field must not filter), and turns a period into the time since when. */
function filled({ period, ...filter }: Record<string, unknown>): Record<string, unknown> {
  const from = sinceOf(period);
  const entries = Object.entries(filter).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return { ...Object.fromEntries(entries), ...(from === undefined ? {} : { from }) };
}

/**
 * The API pages by cursor, react-admin by number: the cursor of each page seen is kept, and a page that is opened
 * by its number alone (a link, a reload) is reached by walking to it from the nearest known one.
 */
const cursors = new Map<string, (string | undefined)[]>();

async function getList(resource: string, params: GetListParams) {
  const read = pages[resource];
  if (!read) throw new ApiError('NOT_FOUND', `There is no list of ${resource}.`, 404);
  const { page, perPage } = params.pagination ?? { page: 1, perPage: 25 };
  const filter = filled((params.filter ?? {}) as Record<string, unknown>);
  const key = JSON.stringify([chosenTenant(), resource, filter, perPage]);
  const known = page === 1 ? [undefined] : (cursors.get(key) ?? [undefined]);
  for (let number = Math.min(known.length, page); ; number += 1) {
    const { items, next } = await read(filter, known[number - 1], perPage, params.signal);
    if (next != null) known[number] = next;
    cursors.set(key, known);
    if (number >= page || next == null)
      return { data: number === page ? items : [], pageInfo: { hasNextPage: next != null, hasPreviousPage: page > 1 } };
  }
}

const unused = async (): Promise<never> => {
  throw new ApiError('INVALID_REQUEST', 'This page changes things through its own operations.', 400);
};

export const dataProvider = {
  supportAbortSignal: true,
  getList,
  getOne: unused,
  getMany: unused,
  getManyReference: unused,
  create: unused,
  update: unused,
  updateMany: unused,
  delete: unused,
  deleteMany: unused,
} as unknown as DataProvider;
