import { canonicalJson, type Ctx } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { contentOf, type AuditContent, type AuditEvent } from './event.ts';
import { readLinks, type AuditFilter } from './audit.store.ts';

const BATCH = 500;
const COLUMNS = [
  'seq',
  'at',
  'actorKind',
  'actorId',
  'actorName',
  'surface',
  'action',
  'targetKind',
  'targetId',
  'before',
  'after',
  'ip',
  'traceId',
  'policyRevision',
  'codeHash',
  'previousHash',
  'hash',
] as const satisfies readonly (keyof AuditContent | 'hash')[];

/** The hashed form: the SHA-256 of the object without `hash`, keys sorted, is its `hash`. */
export const toJson = (event: AuditEvent): string => canonicalJson({ ...contentOf(event), hash: event.hash });
const toJsonLine = (event: AuditEvent): string => `${toJson(event)}\n`;

/** A leading =, +, -, @ would be a formula to a spreadsheet, so text that starts with one gets an apostrophe. */
const cell = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

function toCsvLine(event: AuditEvent): string {
  const row = { ...contentOf(event), hash: event.hash };
  return `${COLUMNS.map((column) => cell(row[column])).join(',')}\r\n`;
}

export type AuditFormat = 'jsonl' | 'csv';

/** Lines with their ends, oldest first, up to link `upTo`, read in batches: for piping a log of any length. */
export async function* exportAudit(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  { format, upTo, ...filter }: AuditFilter & { readonly format: AuditFormat; readonly upTo: number },
): AsyncGenerator<string, void, void> {
  if (format === 'csv') yield `${COLUMNS.join(',')}\r\n`;
  const toLine = format === 'csv' ? toCsvLine : toJsonLine;
  let after = 0;
  for (;;) {
    ctx.signal.throwIfAborted();
    const links = await database.inTenant(ctx, (tx) => readLinks(tx, { ...filter, after, take: BATCH }));
    for (const link of links) {
      if (link.seq > upTo) return;
      yield toLine(link);
    }
    if (links.length < BATCH) return;
    after = links.at(-1)?.seq ?? after;
  }
}
