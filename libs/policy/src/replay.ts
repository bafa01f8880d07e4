import type { Database } from '@switchyard/database';
import { AppError, isUuid, type Ctx } from '@switchyard/kernel';
import { z } from 'zod';
import { addressOf, type Effect, type MatchedGrant, type PolicyInput } from './decision.ts';
import type { Engine } from './engine.ts';
import type { ParsedChange } from './grants.ts';

export interface ReplayQuery {
  /** Where the last part ended; absent: the newest decision. */
  readonly cursor?: string | null;
  /** How many decisions of the log, newest first: 1 to 10,000. */
  readonly limit?: number | null;
}

/** Decisions of one caller about one tool that would come out otherwise under the draft. */
export interface ReplayDifference {
  readonly principalKind: string;
  readonly principalId: string;
  readonly principalName: string;
  readonly server: string;
  readonly tool: string;
  /** Under the draft; now it is the other. */
  readonly effect: Effect;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** The newest of them, to read it whole. */
  readonly decisionId: string;
}

export interface ReplayPart {
  readonly examined: number;
  /** Those that the policy in force decides otherwise than the log says: the policy has changed since. */
  readonly changedSince: number;
  readonly differences: readonly ReplayDifference[];
  /** The `cursor` of what follows; null at the log's end. */
  readonly next: string | null;
}

const MOST = 10_000;
/** Decisions between two pauses in which the process does its other work. */
const BREATH = 250;

/** The grants as they would stand after the changes. */
export function draftOf(standing: readonly MatchedGrant[], changes: readonly ParsedChange[]): MatchedGrant[] {
  const placeOf = ({ subjectKind, subject, server, tool }: Omit<MatchedGrant, 'effect'>): string =>
    JSON.stringify([subjectKind, subject, server, tool]);
  const grants = new Map(standing.map((grant) => [placeOf(grant), grant]));
  for (const { effect, ...place } of changes)
    if (effect) grants.set(placeOf(place), { ...place, effect });
    else grants.delete(placeOf(place));
  return [...grants.values()];
}

const Row = z.object({ id: z.string(), at: z.date(), effect: z.enum(['allow', 'deny']), input: z.looseObject({}) });

/**
 * Decides logged decisions once more, under the policy in force and under a draft, and tells where the two part. The log's
 * arguments are masked: a rule that reads them sees tokens here.
 */
export async function replayPart(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  { now, draft, query }: { readonly now: Engine; readonly draft: Engine; readonly query: ReplayQuery },
): Promise<ReplayPart> {
  if (query.cursor && !isUuid(query.cursor))
    throw new AppError('invalid_request', 'This cursor is not one of ours: start again without one.');
  const limit = Math.min(Math.max(query.limit ?? 1_000, 1), MOST);
  const rows = await database.inTenant(ctx, (tx) =>
    tx.decision.findMany({
      where: query.cursor ? { id: { lt: query.cursor } } : {},
      select: { id: true, at: true, effect: true, input: true },
      orderBy: { id: 'desc' },
      take: limit + 1,
    }),
  );
  const more = rows.length > limit;
  const differences = new Map<string, ReplayDifference>();
  let changedSince = 0;
  for (const [position, row] of rows.slice(0, limit).entries()) {
    if (position % BREATH === BREATH - 1) await new Promise((resolve) => setImmediate(resolve));
    ctx.signal.throwIfAborted();
    const { id, at, effect, input: logged } = Row.parse(row);
    const input = logged as unknown as PolicyInput;
    const today = now.decide(input).effect;
    const tomorrow = draft.decide(input).effect;
    if (today !== effect) changedSince++;
    if (today !== tomorrow) note(differences, { id, at, effect: tomorrow, input });
  }
  return {
    examined: Math.min(rows.length, limit),
    changedSince,
    differences: [...differences.values()].sort((a, b) => b.count - a.count),
    next: more ? (rows[limit - 1]?.id ?? null) : null,
  };
}

function note(
  differences: Map<string, ReplayDifference>,
  { id, at, effect, input }: { id: string; at: Date; effect: Effect; input: PolicyInput },
): void {
  const key = JSON.stringify([input.principal.id, addressOf(input), effect]);
  const known = differences.get(key);
  differences.set(key, {
    principalKind: input.principal.kind,
    principalId: input.principal.id,
    principalName: input.principal.name,
    server: input.server,
    tool: input.tool,
    effect,
    count: (known?.count ?? 0) + 1,
    firstAt: at, // newest first
    lastAt: known?.lastAt ?? at,
    decisionId: known?.decisionId ?? id,
  });
}
