import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, messageOf, newId, type Arm, type Ctx } from '@switchyard/kernel';
import { announce, type Database } from '@switchyard/database';
import type { AuditCompare } from '../audited.ts';
import { suiteHash, type Case, type Suite } from '../suites/suite.ts';
import { answerCase, type CaseDeps } from './answer-case.ts';
import type { ComparedCase, Comparison } from './comparison.ts';
import {
  beat,
  claim,
  countRunning,
  end,
  insertComparison,
  readCases,
  readComparison,
  saveCase,
} from './comparisons.store.ts';
import { findSuite } from '../suites/shipped.ts';

export interface RunnerOptions extends CaseDeps {
  readonly database: Pick<Database, 'inTenant' | 'host'>;
  readonly audit: AuditCompare;
  readonly suites: readonly Suite[];
  /** `server.tool` of every tool that the caller may use. */
  readonly toolsOf: (ctx: Ctx) => Promise<ReadonlySet<string>>;
  readonly log: (message: string) => void;
}

export interface StartInput {
  readonly suite: string;
  readonly baselineArm?: Arm | null | undefined;
  readonly candidateArm?: Arm | null | undefined;
  /** Cases at once, 1 to 8; 2 unless told. */
  readonly concurrency?: number | null | undefined;
  /** Also cases whose tools change something. */
  readonly allowWrites?: boolean | null | undefined;
}

const MAX_CONCURRENCY = 8;
const DEFAULT_CONCURRENCY = 2;
/** Of one tenant, at once. */
const MAX_RUNNING = 2;
const BEAT_MS = 5_000;
/** A case that was paid for must not be lost to a database that is away for a moment. */
const SAVE_RETRIES_MS = [100, 500, 2_000, 5_000];
const CANCELLED = new AppError('conflict', 'The comparison was cancelled.');

interface Work {
  readonly id: string;
  readonly holder: string;
  readonly comparison: Pick<Comparison, 'baselineArm' | 'candidateArm' | 'concurrency'>;
  /** With their places in the suite. */
  readonly cases: readonly (readonly [number, Case])[];
}

/** Cases that may be run: those that write only where that was allowed. */
const casesOf = ({ cases }: Suite, withWrites: boolean): Case[] => cases.filter(({ writes }) => withWrites || !writes);

/** Starts, goes on with and stops comparisons. Each outlives the request that started it, not the process. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, AbortController>();
  readonly #work = new Set<Promise<void>>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Throws AppError: `not_found` for the suite, `unprocessable`, `rate_limited` where two run already. */
  async start(ctx: Ctx, input: StartInput): Promise<Comparison> {
    const { database, audit, suites, now } = this.#options;
    this.#refuseWhenStopping();
    const suite = findSuite(suites, input.suite);
    const [baselineArm, candidateArm] = [input.baselineArm ?? 'traditional', input.candidateArm ?? 'code'];
    if (baselineArm === candidateArm)
      throw new AppError('unprocessable', 'Compare two different arms.', { path: 'candidateArm' });
    const concurrency = input.concurrency ?? DEFAULT_CONCURRENCY;
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY)
      throw new AppError('unprocessable', `concurrency: between 1 and ${MAX_CONCURRENCY}`, { path: 'concurrency' });
    const withWrites = input.allowWrites ?? false;
    const cases = casesOf(suite, withWrites);
    if (cases.length === 0)
      throw new AppError('unprocessable', 'Every case of this suite changes something: allow that to run it.', {
        path: 'allowWrites',
      });
    await this.#refuseWithoutTools(ctx, suite);
    const startedAt = now();
    const id = newId(startedAt.getTime());
    const holder = newId();
    const comparison = { baselineArm, candidateArm, concurrency };
    await database.inTenant(ctx, async (tx) => {
      if ((await countRunning(tx, ctx, startedAt)) >= MAX_RUNNING)
        throw new AppError('rate_limited', `${MAX_RUNNING} comparisons run already: wait for one, or cancel it.`, {
          retryAfterSeconds: 30,
        });
      const of = { suite: suite.suite, suiteVersion: suite.version, suiteHash: suiteHash(suite) };
      const more = { withWrites, caseCount: cases.length, startedAt, holder };
      await insertComparison(tx, ctx, { id, ...of, ...comparison, ...more });
      const after = { ...of, ...comparison, withWrites, cases: cases.length };
      await audit(tx, ctx, { action: 'comparison.started', target: { kind: 'comparison', id: id }, after });
    });
    this.#begin(ctx, { id, holder, comparison, cases: [...cases.entries()] });
    return database.inTenant(ctx, (tx) => readComparison(tx, id, now()));
  }

  /** Goes on with what was interrupted or cancelled, as whoever asks. Throws AppError `not_found`, `conflict`. */
  async resume(ctx: Ctx, id: string): Promise<Comparison> {
    const { database, audit, suites, now } = this.#options;
    this.#refuseWhenStopping();
    const holder = newId();
    const found = await database.inTenant(ctx, (tx) => readComparison(tx, id, now()));
    const suite = findSuite(suites, found.suite);
    if (suiteHash(suite) !== found.suiteHash)
      throw new AppError('conflict', 'The suite has changed since: start a new comparison.');
    await this.#refuseWithoutTools(ctx, suite);
    const done = await database.inTenant(ctx, async (tx) => {
      if ((await countRunning(tx, ctx, now())) >= MAX_RUNNING)
        throw new AppError('rate_limited', `${MAX_RUNNING} comparisons run already: wait for one, or cancel it.`, {
          retryAfterSeconds: 30,
        });
      if (!(await claim(tx, { id, holder, now: now() })))
        throw new AppError('conflict', 'Only a comparison that was interrupted or cancelled can be gone on with.');
      await audit(tx, ctx, { action: 'comparison.resumed', target: { kind: 'comparison', id: id } });
      return new Set((await readCases(tx, id)).map(({ caseId }) => caseId));
    });
    const cases = [...casesOf(suite, found.withWrites).entries()].filter(([, one]) => !done.has(one.id));
    this.#begin(ctx, { id, holder, comparison: found, cases });
    return database.inTenant(ctx, (tx) => readComparison(tx, id, now()));
  }

  /** Stops it, here or on another node. What was answered stays. Throws AppError `not_found`; `conflict` when it is done. */
  async cancel(ctx: Ctx, id: string): Promise<Comparison> {
    const { database, audit, now } = this.#options;
    const cancelled = await database.inTenant(ctx, async (tx) => {
      const found = await readComparison(tx, id, now());
      if (found.status === 'cancelled') return found;
      if (!(await end(tx, { id, status: 'cancelled', now: now() })))
        throw new AppError('conflict', 'This comparison is done: there is nothing to cancel.');
      await audit(tx, ctx, { action: 'comparison.cancelled', target: { kind: 'comparison', id: id } });
      return readComparison(tx, id, now());
    });
    this.#running.get(id)?.abort(CANCELLED);
    this.#tell(ctx, id);
    return cancelled;
  }

  /** Stops all work; what was under way is shown as interrupted, and can be gone on with. */
  async close(): Promise<void> {
    this.#stopping.abort(new AppError('unavailable', 'The server is stopping.'));
    await Promise.allSettled(this.#work);
  }

  #refuseWhenStopping(): void {
    if (this.#stopping.signal.aborted)
      throw new AppError('unavailable', 'The server is stopping: try again in a moment.', { retryAfterSeconds: 2 });
  }

  async #refuseWithoutTools(ctx: Ctx, { suite, requires }: Suite): Promise<void> {
    const usable = await this.#options.toolsOf(ctx);
    const missing = requires.filter((tool) => !usable.has(tool));
    if (missing.length > 0)
      throw new AppError(
        'unprocessable',
        `The suite ${suite} needs tools that you may not use or that are not connected: ${missing.join(', ')}.`,
        { path: 'suite', missing },
      );
  }

  #begin(ctx: Ctx, work: Work): void {
    const own = new AbortController();
    this.#running.set(work.id, own);
    // The request that started it ends long before it does.
    const signal = AbortSignal.any([own.signal, this.#stopping.signal]);
    const { conversation: _none, runId: _neither, ...rest } = ctx;
    const doing = this.#run({ ...rest, signal }, work, own)
      .catch((error: unknown) => {
        if (error !== CANCELLED && !this.#stopping.signal.aborted)
          this.#options.log(`a comparison broke off and can be resumed: ${messageOf(error)}`);
      })
      .finally(() => {
        this.#running.delete(work.id);
        this.#work.delete(doing);
      });
    this.#work.add(doing);
  }

  async #run(ctx: Ctx, work: Work, own: AbortController): Promise<void> {
    const { database, audit, now } = this.#options;
    const beating = setInterval(() => void this.#beat(ctx, work, own), BEAT_MS).unref();
    const waiting = [...work.cases];
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [seq, one] = next;
        const arms = { baseline: work.comparison.baselineArm, candidate: work.comparison.candidateArm };
        const compared = await answerCase(ctx, this.#options, {
          one,
          arms: { ...arms, candidateFirst: seq % 2 === 1 },
        });
        await this.#save(ctx, work, { seq, compared });
        this.#tell(ctx, work.id);
      }
    };
    try {
      const workers = Array.from({ length: work.comparison.concurrency }, worker);
      const broken = (
        await Promise.allSettled(
          workers.map((one) =>
            one.catch((error: unknown) => {
              own.abort(error); // one that breaks stops the others: their cases could not be saved either
              throw error;
            }),
          ),
        )
      ).find((one) => one.status === 'rejected');
      if (broken) throw broken.reason;
      await database.inTenant(ctx, async (tx) => {
        if (!(await end(tx, { ...work, status: 'done', now: now() }))) return;
        const answered = await readCases(tx, work.id);
        const after = {
          cases: answered.length,
          equivalent: answered.filter(({ verdict }) => verdict === 'equivalent').length,
          scripted: answered.some(({ baseline, candidate }) => baseline.scripted || candidate.scripted),
        };
        await audit(tx, ctx, { action: 'comparison.finished', target: { kind: 'comparison', id: work.id }, after });
      });
    } finally {
      clearInterval(beating);
      this.#tell(ctx, work.id);
    }
  }

  async #beat(ctx: Ctx, work: Work, own: AbortController): Promise<void> {
    const { database, now } = this.#options;
    try {
      const still = await database.inTenant(ctx, (tx) => beat(tx, { ...work, now: now() }));
      if (!still) own.abort(CANCELLED);
    } catch {
      // the database is away: the next beat tells
    }
  }

  async #save(ctx: Ctx, work: Work, { seq, compared }: { seq: number; compared: ComparedCase }): Promise<void> {
    for (const wait of [...SAVE_RETRIES_MS, undefined]) {
      try {
        const saved = await this.#options.database.inTenant(ctx, (tx) =>
          saveCase(tx, ctx, { comparison: work, seq, compared }),
        );
        if (!saved) throw CANCELLED;
        return;
      } catch (error) {
        if (error instanceof AppError || wait === undefined) throw error;
        await sleep(wait, undefined, { signal: ctx.signal });
      }
    }
  }

  #tell(ctx: Ctx, id: string): void {
    announce(this.#options.database.host, ctx.tenantId, 'comparisons', id).catch(() => undefined);
  }
}
