import { AppError, isUuid, type Ctx, type DecisionId, type Json } from '@switchyard/kernel';
import { insertion, Prisma, type Database, type Statement } from '@switchyard/database';
import { z } from 'zod';
import type { Decision, Effect, MaskArguments, MatchedGrant, Obligations, PolicyMode, Reason } from './decision.ts';

/** A decision as it was logged. */
export interface LoggedDecision {
  readonly id: DecisionId;
  readonly at: Date;
  readonly runId: string | null;
  readonly principalKind: string;
  readonly principalId: string;
  readonly principalName: string;
  readonly role: string | null;
  readonly surface: string;
  readonly server: string;
  readonly tool: string;
  readonly effect: Effect;
  readonly reasons: readonly Reason[];
  readonly grants: readonly MatchedGrant[];
  readonly obligations: Obligations;
  readonly input: Json;
  readonly revision: number;
  readonly mode: PolicyMode;
  readonly moduleRevision: number | null;
  readonly durationUs: number;
}

export interface DecisionPage {
  readonly items: readonly LoggedDecision[];
  /** The `cursor` of what follows; null at the end. */
  readonly next: string | null;
}

export interface DecisionQuery {
  readonly runId?: string | null;
  readonly effect?: Effect | null;
  readonly server?: string | null;
  readonly tool?: string | null;
  readonly cursor?: string | null;
  readonly limit?: number | null;
}

/** Postgres refuses NUL and lone surrogates; a tool's name or argument must not be able to keep a decision out of the log. */
const storable = (value: unknown): Prisma.InputJsonObject =>
  JSON.parse(
    JSON.stringify(value).replace(/\\(u0000|ud[89a-f][0-9a-f]{2}|.)/g, (escape) =>
      escape.length === 6 ? '\\ufffd' : escape,
    ),
  );

const named = z.object({ server: z.string(), tool: z.string() });

/** Pure: the row that a decision leaves. Only its arguments can carry private data, so only they are masked. */
export function toDecisionRow(ctx: Ctx, decision: Decision, mask: MaskArguments): Prisma.DecisionCreateManyInput {
  const { arguments: args, ...rest } = decision.input;
  const input = storable(args === undefined ? rest : { ...rest, arguments: mask(args) });
  return {
    id: decision.id,
    tenantId: ctx.tenantId,
    at: decision.at,
    runId: ctx.runId ?? null,
    principalKind: ctx.principal.kind,
    principalId: ctx.principal.id,
    principalName: ctx.principal.name,
    role: ctx.principal.kind === 'user' ? ctx.principal.role : null,
    surface: ctx.surface,
    ...named.parse(input),
    effect: decision.effect,
    reasons: storable(decision.reasons),
    grants: storable(decision.grants),
    obligations: decision.obligations,
    input,
    revision: decision.revision,
    mode: decision.mode,
    moduleRevision: decision.moduleRevision,
    durationUs: decision.durationUs,
  };
}

/** The statements that write decisions: with a run's calls, so that none is ever lost or there without them. */
export function decisionStatements(
  ctx: Ctx,
  decisions: readonly Decision[],
  mask: MaskArguments,
): readonly Statement[] {
  if (decisions.length === 0) return [];
  return [insertion('decision', { rows: decisions.map((decision) => toDecisionRow(ctx, decision, mask)) })];
}

const MAX_LIMIT = 200;

/** Newest first. Throws AppError `invalid_request` for a cursor that is none. */
export async function listDecisions(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  query: DecisionQuery = {},
): Promise<DecisionPage> {
  const limit = Math.min(Math.max(query.limit ?? 50, 1), MAX_LIMIT);
  if (query.cursor && !isUuid(query.cursor))
    throw new AppError('invalid_request', 'This cursor is not one of ours: start again without one.');
  if (query.runId && !isUuid(query.runId)) return { items: [], next: null };
  const rows = await database.inTenant(ctx, (tx) =>
    tx.decision.findMany({
      where: {
        ...(query.runId ? { runId: query.runId } : {}),
        ...(query.effect ? { effect: query.effect } : {}),
        ...(query.server ? { server: query.server } : {}),
        ...(query.tool ? { tool: query.tool } : {}),
        ...(query.cursor ? { id: { lt: query.cursor } } : {}),
      },
      omit: { tenantId: true },
      orderBy: { id: 'desc' },
      take: limit + 1,
    }),
  );
  const items = rows.slice(0, limit) as unknown as LoggedDecision[];
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
