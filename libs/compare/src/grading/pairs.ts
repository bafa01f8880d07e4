import type { Ctx } from '@switchyard/kernel';
import { announce, type Database } from '@switchyard/database';
import type { AuditCompare } from '../audited.ts';
import { blind, parsePairId, summarisePairs, type BlindPair, type Choice, type PairSummary } from './pair.ts';
import { readGrades, readPairs, writePairGrade } from './pair.store.ts';

/** Where pairs come from: a comparison, or null for the latest fifty shadow runs. */
export interface PairQuery {
  readonly comparison: string | null;
}

/** Two answers to one question, graded by people who are not told which arm gave which. */
export interface Pairs {
  /** In order. Throws AppError `not_found` for a comparison that is not there. */
  pairs(ctx: Ctx, query: PairQuery): Promise<BlindPair[]>;
  /** Throws AppError `not_found`. */
  pairSummary(ctx: Ctx, query: PairQuery): Promise<PairSummary>;
  /** Once for each person; said again, the last word counts. Throws AppError `not_found`. */
  gradePair(ctx: Ctx, input: { readonly id: string; readonly choice: Choice }): Promise<BlindPair>;
}

export function createPairs(options: {
  readonly database: Pick<Database, 'inTenant'>;
  readonly audit: AuditCompare;
  readonly now: () => Date;
}): Pairs {
  const { database, audit, now } = options;
  return {
    pairs: (ctx, { comparison }) =>
      database.inTenant(ctx, async (tx) => {
        const pairs = await readPairs(tx, { comparison, now: now() });
        const mine = (await readGrades(tx, pairs)).filter(({ graderId }) => graderId === ctx.principal.id);
        return pairs.map((pair) => {
          const given = mine.find((one) => one.sourceId === pair.sourceId && one.caseId === pair.caseId);
          return blind(pair, ctx.principal.id, given?.preferred);
        });
      }),
    pairSummary: (ctx, { comparison }) =>
      database.inTenant(ctx, async (tx) => {
        const pairs = await readPairs(tx, { comparison, now: now() });
        return summarisePairs(pairs, await readGrades(tx, pairs));
      }),
    async gradePair(ctx, { id, choice }) {
      const source = parsePairId(id);
      const graderId = ctx.principal.id;
      return database.inTenant(ctx, async (tx) => {
        const pair = await writePairGrade(tx, ctx, { source, choice, now: now(), audit });
        await announce(tx, ctx.tenantId, 'comparisons');
        const given = (await readGrades(tx, [pair])).find(
          (one) => one.caseId === pair.caseId && one.graderId === graderId,
        );
        return blind(pair, graderId, given?.preferred);
      });
    },
  };
}
