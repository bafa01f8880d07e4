import { AppError, type Clock, type Ctx } from '@switchyard/kernel';
import { announce, type Database } from '@switchyard/database';
import type { AnswerWith, Embed, OnlyReads, RecordAccuracy, ServedAnswer } from './answers/arm-answer.ts';
import { keeper, type MaskerOf } from './answers/kept-answer.ts';
import type { AuditCompare } from './audited.ts';
import type { Comparison } from './comparison/comparison.ts';
import { listComparisons, readCases, readComparison } from './comparison/comparisons.store.ts';
import { reportOf, type Report } from './comparison/report.ts';
import { Runner, type StartInput } from './comparison/runner.ts';
import type { Verdict } from './equivalence/equivalence.ts';
import { SCORES, type Grade, type GradeCount, type GradedAnswer } from './grading/graded-answer.ts';
import { countGrades, listAnswers, writeGrade } from './grading/grading.store.ts';
import { createPairs, type Pairs } from './grading/pairs.ts';
import type { Page, Paging } from './paging.ts';
import { Sampler } from './sampling/sampler.ts';
import { checkSettings, type SamplingSettings, type StoredSampling } from './sampling/settings.ts';
import { readSettings, writeSettings } from './sampling/settings.store.ts';
import { listShadows, readShadow, summarise } from './sampling/shadow.store.ts';
import type { ShadowRun, ShadowSummary } from './sampling/shadow-run.ts';
import { findSuite, readSuites } from './suites/shipped.ts';
import { suiteHash, type Suite } from './suites/suite.ts';

export interface CompareOptions {
  readonly database: Pick<Database, 'inTenant' | 'host' | 'onChange'>;
  readonly clock: Clock;
  readonly audit: AuditCompare;
  readonly answerWith: AnswerWith;
  /** Left out, likeness of meaning is not measured, and the report says so. */
  readonly embed?: Embed | undefined;
  readonly onlyReads: OnlyReads;
  readonly recordAccuracy: RecordAccuracy;
  /** `server.tool` of every tool that the caller may use. */
  readonly toolsOf: (ctx: Ctx) => Promise<ReadonlySet<string>>;
  /** Hears what went wrong where nobody waits for an answer. */
  /** With the tenant's own kinds of private data, for what is stored of traffic. */
  readonly maskerOf: MaskerOf;
  readonly log: (message: string) => void;
  /** Those that ship with the product, unless told. */
  readonly suites?: readonly Suite[];
}

export interface Compare extends Pairs {
  readonly suites: readonly Suite[];
  /** Begins a comparison, which goes on by itself. Throws AppError: see the runner. */
  start(ctx: Ctx, input: StartInput): Promise<Comparison>;
  resume(ctx: Ctx, id: string): Promise<Comparison>;
  cancel(ctx: Ctx, id: string): Promise<Comparison>;
  list(ctx: Ctx, query?: Paging & { readonly suite?: string | null | undefined }): Promise<Page<Comparison>>;
  /** Throws AppError `not_found`, also for another tenant's. */
  get(ctx: Ctx, id: string): Promise<Comparison>;
  /** Of what was answered so far. Throws AppError `not_found`, and `conflict` where the suite has changed since. */
  report(ctx: Ctx, id: string): Promise<Report>;

  /** Hears every answer that a user got; never blocks, never throws. */
  heard(ctx: Ctx, served: ServedAnswer): void;
  sampling(ctx: Ctx): Promise<StoredSampling>;
  /** Throws AppError `unprocessable`. */
  setSampling(ctx: Ctx, settings: SamplingSettings): Promise<StoredSampling>;
  listShadows(ctx: Ctx, query?: Paging & { readonly verdict?: Verdict | null | undefined }): Promise<Page<ShadowRun>>;
  getShadow(ctx: Ctx, id: string): Promise<ShadowRun>;
  /** Of thirty days, and of today. */
  shadowSummary(ctx: Ctx): Promise<ShadowSummary>;

  listAnswers(ctx: Ctx, query?: Paging & { readonly graded?: boolean | null | undefined }): Promise<Page<GradedAnswer>>;
  gradeCounts(ctx: Ctx): Promise<GradeCount[]>;
  /** Once for each answer. Throws AppError `not_found`, `conflict`, `unprocessable`. */
  grade(
    ctx: Ctx,
    input: { readonly id: string; readonly grade: Grade; readonly comment?: string | null | undefined },
  ): Promise<GradedAnswer>;

  /** Resolves when no answer that was heard is under way any more. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const MAX_COMMENT = 4_000;

export function createCompare(options: CompareOptions): Compare {
  const { database, clock, audit, recordAccuracy, log } = options;
  const now = (): Date => clock.now();
  const suites = options.suites ?? readSuites();
  const runner = new Runner({ ...options, suites, now });
  const sampler = new Sampler({ ...options, now });

  return {
    ...createPairs({ database, audit, now }),
    suites,
    start: (ctx, input) => runner.start(ctx, input),
    resume: (ctx, id) => runner.resume(ctx, id),
    cancel: (ctx, id) => runner.cancel(ctx, id),
    list: (ctx, query = {}) => database.inTenant(ctx, (tx) => listComparisons(tx, query, now())),
    get: (ctx, id) => database.inTenant(ctx, (tx) => readComparison(tx, id, now())),
    async report(ctx, id) {
      const [comparison, cases] = await database.inTenant(ctx, async (tx) => [
        await readComparison(tx, id, now()),
        await readCases(tx, id),
      ]);
      const suite = findSuite(suites, comparison.suite);
      if (suiteHash(suite) !== comparison.suiteHash)
        throw new AppError('conflict', 'The suite has changed since, so that its targets are others: run it anew.');
      return reportOf(suite, comparison, cases);
    },
    heard: (ctx, served) => sampler.heard(ctx, served),
    sampling: (ctx) => database.inTenant(ctx, (tx) => readSettings(tx, ctx)),
    setSampling: (ctx, settings) =>
      database.inTenant(ctx, async (tx) => {
        const written = await writeSettings(tx, ctx, { settings: checkSettings(settings), now: now(), audit });
        await announce(tx, ctx.tenantId, 'comparisons');
        return written;
      }),
    listShadows: (ctx, query = {}) => database.inTenant(ctx, (tx) => listShadows(tx, query)),
    getShadow: (ctx, id) => database.inTenant(ctx, (tx) => readShadow(tx, id)),
    shadowSummary: (ctx) => database.inTenant(ctx, (tx) => summarise(tx, now())),
    listAnswers: (ctx, query = {}) => database.inTenant(ctx, (tx) => listAnswers(tx, query)),
    gradeCounts: (ctx) => database.inTenant(ctx, (tx) => countGrades(tx)),
    async grade(ctx, { id, grade, comment = null }) {
      if ((comment?.length ?? 0) > MAX_COMMENT)
        throw new AppError('unprocessable', `comment: at most ${MAX_COMMENT} characters`, { path: 'comment' });
      const kept = comment === null || comment.trim() === '' ? null : keeper().text(comment);
      const graded = await database.inTenant(ctx, async (tx) => {
        const written = await writeGrade(tx, ctx, { id, grade, comment: kept, now: now(), audit });
        await announce(tx, ctx.tenantId, 'comparisons');
        return written;
      });
      const { conversation, exposureId, scripted } = graded;
      // The scripted model's answers are nobody's accuracy.
      if (!scripted)
        await recordAccuracy(ctx, { conversation, exposureId, source: 'grade', score: SCORES[grade] }).catch(
          (error: unknown) => log(`a grade is on record, but the experiment was not told: ${String(error)}`),
        );
      return graded;
    },
    idle: () => sampler.idle(),
    async close() {
      await Promise.all([runner.close(), sampler.close()]);
    },
  };
}
