import { codeShape } from '@switchyard/execution';
import type { Clock, Ctx, RunId } from '@switchyard/kernel';
import { codeHash } from '@switchyard/ledger';
import { announceLoosely, type Database, type Statement } from '@switchyard/database';
import { LRUCache } from 'lru-cache';
import { considering, readRules, type SeenRow } from './review.store.ts';
import { DEFAULT_RULES, isSampled, ownReasons, type ReviewRules } from './rules.ts';

/** What a run that has ended was, as far as it matters for who looks at it. */
export interface EndedRun {
  readonly id: RunId;
  /** As it is on record. */
  readonly code: string;
  readonly status: string;
  readonly isBlocked: boolean;
  readonly calls: readonly { readonly tool: string; readonly status: string; readonly mayDestroy: boolean }[];
  readonly skills: readonly string[];
}

const FRESH_MS = 5_000;
const MAX_TENANTS = 1_000;
const MAX_SEEN = 20_000;

/** What a run's end writes besides, and what is to be called once that has committed. */
export interface Consideration {
  readonly statements: readonly Statement[];
  settled(): void;
}

interface Known {
  readonly rules: ReviewRules;
  readonly until: number;
}

/** Decides for each run that ends whether somebody looks at it. Costs no query for code and tools that were seen before. */
export class Sampling {
  readonly #rules = new LRUCache<string, Known>({ max: MAX_TENANTS });
  readonly #seen = new LRUCache<string, Set<string>>({ max: MAX_TENANTS });

  constructor(
    readonly database: Pick<Database, 'inTenant' | 'tell'>,
    readonly clock: Clock,
  ) {}

  forget(tenantId: string | undefined): void {
    if (tenantId === undefined) this.#rules.clear();
    else this.#rules.delete(tenantId);
  }

  async #rulesOf(ctx: Ctx): Promise<ReviewRules> {
    const known = this.#rules.get(ctx.tenantId);
    if (known && known.until > performance.now()) return known.rules;
    // A database that is away for a moment keeps no run from its record, which is tried again.
    const rules = await this.database
      .inTenant(ctx, (tx) => readRules(tx, ctx))
      .catch(() => known?.rules ?? DEFAULT_RULES);
    this.#rules.set(ctx.tenantId, { rules, until: performance.now() + FRESH_MS });
    return rules;
  }

  #seenOf(tenantId: string): Set<string> {
    const known = this.#seen.get(tenantId) ?? new Set<string>();
    if (known.size > MAX_SEEN) known.clear();
    this.#seen.set(tenantId, known);
    return known;
  }

  async consider(ctx: Ctx, run: EndedRun): Promise<Consideration> {
    const rules = await this.#rulesOf(ctx);
    const seen = this.#seenOf(ctx.tenantId);
    const hash = codeHash(run.code);
    const tools = [...new Set(run.calls.filter(({ status }) => status !== 'not_found').map(({ tool }) => tool))];
    const isNewCode = !seen.has(`code ${hash}`);
    const unseen: SeenRow[] = [
      ...tools
        .filter((value) => !seen.has(`tool ${value}`))
        .map((value) => ({ kind: 'tool' as const, value, shape: null })),
      ...(isNewCode ? [{ kind: 'code' as const, value: hash, shape: codeShape(run.code) }] : []),
    ];
    const denied = run.calls.filter(({ status }) => status === 'denied').length;
    const destructive = run.calls.filter(({ mayDestroy, status }) => mayDestroy && status !== 'denied').length;
    const reasons = ownReasons({ denied, destructive, isBlocked: run.isBlocked }, rules);
    const sampled = isSampled(run.id, rules);
    if (unseen.length + reasons.length === 0 && !sampled) return { statements: [], settled: () => undefined };
    const { principal } = ctx;
    const item = {
      runId: run.id,
      reasons,
      codeHash: hash,
      shape: unseen.find(({ kind }) => kind === 'code')?.shape ?? codeShape(run.code),
      surface: ctx.surface,
      principalKind: principal.kind,
      principalId: principal.id,
      principalName: principal.name,
      runStatus: run.status,
      calls: run.calls.length,
      denied,
      skills: run.skills,
    };
    return {
      statements: [considering(ctx, { item, unseen, isSampled: sampled, rules }, this.clock.now())],
      settled: () => {
        for (const { kind, value } of unseen) seen.add(`${kind} ${value}`);
        // A lost one costs an open queue one refresh; a NOTIFY in the run's own transaction would hold up other commits.
        if (reasons.length > 0 || sampled || unseen.some(({ kind }) => kind === 'tool' || rules.newShape))
          announceLoosely(this.database, ctx.tenantId, 'reviews').catch(() => undefined);
      },
    };
  }
}
