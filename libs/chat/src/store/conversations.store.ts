import { AppError, isUuid, newId, type Ctx } from '@switchyard/kernel';
import { insertion, Prisma, type Database, type Rows, type Statement, type Tx } from '@switchyard/database';
import { storable } from '@switchyard/ledger';
import type {
  ConversationFilter,
  ConversationPage,
  ConversationSummary,
  StoredFeedback,
  StoredMessage,
} from './conversation.ts';

const storableText = (text: string): string => String(storable(text));

/** A text as it is kept. */
export interface KeptText {
  readonly text: string;
  readonly truncated: boolean;
}

export interface Opening {
  readonly key: string;
  readonly arm: string;
  readonly band: string;
  readonly scripted: boolean;
  readonly at: Date;
  /** What the app has sent since the last answer. */
  readonly asked: KeptText;
}

/** The conversation and what was asked. `conversationIdOf` reads the answer. */
export function openingStatements(ctx: Ctx, opening: Opening): readonly Statement[] {
  const { key, arm, band, scripted, at, asked } = opening;
  const { kind, id: principalId, name } = ctx.principal;
  return [
    Prisma.sql`
      WITH opened AS (
        INSERT INTO conversation (id, tenant_id, key, principal_kind, principal_id, principal_name, arm, band, scripted, started_at, last_at)
        VALUES (${newId(at.getTime())}::uuid, ${ctx.tenantId}::uuid, ${storableText(key)}, ${kind}, ${principalId}, ${storableText(name)}, ${arm}, ${band}, ${scripted}, ${at}, ${at})
        ON CONFLICT (tenant_id, key) DO UPDATE
          SET arm = EXCLUDED.arm, band = EXCLUDED.band, scripted = conversation.scripted OR EXCLUDED.scripted, last_at = EXCLUDED.last_at
        RETURNING id, tenant_id, last_at
      )
      INSERT INTO message (id, tenant_id, conversation_id, role, content, truncated, at, trace_id)
      SELECT ${newId(at.getTime())}::uuid, tenant_id, id, 'user', ${storableText(asked.text)}, ${asked.truncated}, last_at, ${ctx.traceId}
      FROM opened
      RETURNING conversation_id AS id`,
  ];
}

export const conversationIdOf = ([opened]: readonly Rows[]): string => String(opened?.[0]?.['id']);

export interface StoredAnswer extends Omit<
  StoredMessage,
  'id' | 'role' | 'content' | 'truncated' | 'traceId' | 'runs' | 'calls' | 'toolCalls' | 'status'
> {
  readonly id: string;
  readonly conversationId: string;
  readonly status: 'ok' | 'error' | 'cancelled';
  readonly answered: KeptText;
  readonly runs: readonly unknown[];
  readonly calls: readonly unknown[];
  readonly toolCalls: readonly unknown[];
}

/** The answer, and the conversation's counters with it. */
export function closingStatements({ tenantId, traceId }: Ctx, answer: StoredAnswer): readonly Statement[] {
  const { answered, runs, calls, toolCalls, ...rest } = answer;
  const row = {
    ...rest,
    tenantId,
    role: 'assistant',
    content: storableText(answered.text),
    truncated: answered.truncated,
    traceId,
    runs: storable(runs),
    calls: storable(calls),
    toolCalls: storable(toolCalls),
  };
  return [
    insertion('message', { rows: [row] }),
    Prisma.sql`
      UPDATE conversation
      SET last_at = ${answer.at}, answers = answers + 1,
          errors = errors + ${answer.status === 'error' ? 1 : 0}, fallbacks = fallbacks + ${answer.fallback === null ? 0 : 1},
          prompt_tokens = prompt_tokens + ${answer.promptTokens}, completion_tokens = completion_tokens + ${answer.completionTokens},
          cost_micros = cost_micros + ${answer.costMicros ?? 0n}
      WHERE id = ${answer.conversationId}::uuid`,
  ];
}

const notFound = (): AppError => new AppError('not_found', 'There is no such conversation in this tenant.');

export interface NewFeedback {
  readonly conversation: string;
  readonly runId: string | null;
  readonly kind: 'complaint' | 'praise' | 'correction';
  readonly text: string | null;
  readonly at: Date;
}

const COUNTER = { complaint: 'complaints', praise: 'praises', correction: 'corrections' } as const;

/** Throws AppError `not_found` where there is no such conversation, also for another tenant's. */
export async function insertFeedback(tx: Tx, ctx: Ctx, feedback: NewFeedback): Promise<string> {
  const { conversation: key, runId, kind, text, at } = feedback;
  const found = await tx.conversation.findFirst({ where: { key: storableText(key) }, select: { id: true } });
  if (!found) throw notFound();
  if (runId !== null) {
    const known = isUuid(runId) ? await tx.run.count({ where: { id: runId, conversation: storableText(key) } }) : 0;
    if (known === 0) throw new AppError('not_found', 'There is no such run in this conversation.');
  }
  const id = newId(at.getTime());
  const { kind: principalKind, id: principalId, name: principalName } = ctx.principal;
  const who = { principalKind, principalId, principalName: storableText(principalName) };
  await tx.feedback.createMany({
    data: {
      id,
      tenantId: ctx.tenantId,
      conversationId: found.id,
      runId,
      kind,
      text: text === null ? null : storableText(text),
      at,
      ...who,
    },
  });
  await tx.conversation.updateMany({ where: { id: found.id }, data: { [COUNTER[kind]]: { increment: 1 } } });
  return id;
}

type ConversationRow = Prisma.ConversationGetPayload<{ omit: { tenantId: true } }>;
const toSummary = (row: ConversationRow): ConversationSummary => ({
  ...row,
  promptTokens: Number(row.promptTokens),
  completionTokens: Number(row.completionTokens),
});

const contains = (text: string) => ({ contains: text.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' as const });

function matching(filter: ConversationFilter): Prisma.ConversationWhereInput[] {
  const { arm, feedback, errors, fallbacks, scripted, text, from, to } = filter;
  const some = (wanted: boolean) => (wanted ? { gt: 0 } : 0);
  return [
    ...(arm ? [{ arm }] : []),
    ...(feedback ? [{ [COUNTER[feedback]]: { gt: 0 } }] : []),
    ...(errors == null ? [] : [{ errors: some(errors) }]),
    ...(fallbacks == null ? [] : [{ fallbacks: some(fallbacks) }]),
    ...(scripted == null ? [] : [{ scripted }]),
    ...(text ? [{ OR: [{ key: contains(text) }, { messages: { some: { content: contains(text) } } }] }] : []),
    ...(from ? [{ lastAt: { gte: from } }] : []),
    ...(to ? [{ lastAt: { lt: to } }] : []),
  ];
}

const encodeCursor = ({ lastAt, id }: ConversationSummary): string =>
  Buffer.from(`${lastAt.toISOString()} ${id}`).toString('base64url');

function decodeCursor(cursor: string): { lastAt: Date; id: string } {
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const lastAt = new Date(at);
  if (Number.isNaN(lastAt.getTime()) || !isUuid(id))
    throw new AppError('invalid_request', 'This cursor is not one of ours: start again without one.');
  return { lastAt, id };
}

/** The latest first. Throws AppError `invalid_request` for a cursor that is none. */
export async function listConversations(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  query: ConversationFilter & { readonly cursor?: string | null; readonly limit?: number | null },
): Promise<ConversationPage> {
  const take = Math.min(Math.max(Math.trunc(query.limit ?? 50), 1), 200);
  const where = matching(query);
  if (query.cursor) {
    const { lastAt, id } = decodeCursor(query.cursor);
    where.push({ OR: [{ lastAt: { lt: lastAt } }, { lastAt, id: { lt: id } }] });
  }
  const rows = await database.inTenant(ctx, (tx) =>
    tx.conversation.findMany({
      where: { AND: where },
      omit: { tenantId: true },
      orderBy: [{ lastAt: 'desc' }, { id: 'desc' }],
      take: take + 1,
    }),
  );
  const items = rows.slice(0, take).map(toSummary);
  const last = items.at(-1);
  return { items, next: last && rows.length > take ? encodeCursor(last) : null };
}

/** By our id. Throws AppError `not_found`, also for another tenant's. */
export async function readConversation(tx: Tx, id: string): Promise<ConversationSummary> {
  const row = isUuid(id) ? await tx.conversation.findFirst({ where: { id }, omit: { tenantId: true } }) : null;
  if (!row) throw notFound();
  return toSummary(row);
}

const MOST_MESSAGES = 500;
const PRIVATE = { tenantId: true, conversationId: true } as const;

/** The latest ones, oldest first. */
export async function readMessages(tx: Tx, conversationId: string): Promise<StoredMessage[]> {
  const rows = await tx.message.findMany({
    where: { conversationId },
    omit: PRIVATE,
    orderBy: [{ at: 'desc' }, { role: 'asc' }, { id: 'desc' }], // of one moment the question comes first
    take: MOST_MESSAGES,
  });
  return rows.reverse() as unknown as StoredMessage[];
}

export async function readFeedback(tx: Tx, conversationId: string): Promise<StoredFeedback[]> {
  return tx.feedback.findMany({
    where: { conversationId },
    select: { id: true, runId: true, kind: true, text: true, principalName: true, at: true },
    orderBy: { id: 'asc' },
    take: MOST_MESSAGES,
  });
}
