import { createHash } from 'node:crypto';
import { messageOf } from '@switchyard/kernel';
import { LRUCache } from 'lru-cache';
import type { Finding } from '../outcome.ts';
import type { ImportCatalog } from '../validate/import-form.ts';
import { typeQuestion, type TypeQuestion } from './type-findings.ts';
import { TypeServer, USER_FILE, type Diagnostic } from './type-server.ts';

export type TypeCheckRequest = {
  readonly code: string;
  readonly imports: ImportCatalog;
  /** Whose code it is. One tenant's slow checks hold up its own, not those of others. */
  readonly tenant: string;
};

export type TypeChecker = {
  /**
   * Findings of the type-check, errors and warnings. Always answers, within `queueMs` + `checkMs`: what could not be
   * checked in time is told in a warning. Never throws.
   */
  check(request: TypeCheckRequest): Promise<readonly Finding[]>;
  status(): { readonly servers: number; readonly busy: number; readonly waiting: number };
  close(): Promise<void>;
};

export type TypeCheckerOptions = {
  /** Compiler processes, about 45 MB each. With two or more, no tenant ever has the last one. */
  readonly servers?: number;
  /** Longest time for one check. */
  readonly checkMs?: number;
  /** Longest time that a check waits for its turn, a compiler that starts included. */
  readonly queueMs?: number;
  /** Checks that wait; one more is passed over. */
  readonly queue?: number;
  /** For the operator's log: a compiler that cannot be started. */
  readonly onMessage?: (message: string) => void;
  readonly now?: () => number;
};

/** A compiler is replaced after so many checks, so that whatever it piles up goes. */
const CHECKS_PER_SERVER = 5_000;
const START_AGAIN_MS = 10_000;
/** After a second check in a row that had to be stopped, a tenant's code goes unchecked for a while, longer each time. */
const PAUSE_MS = 5_000;
const PAUSE_CAP_MS = 300_000;
const STRIKES_FORGOTTEN_MS = 600_000;
const STRIKES_CAP = 10_000;
/** Answers kept: an app that sends the same code again, a skill, a retry. */
const KNOWN_CAP = 2_000;
const KNOWN_DIAGNOSTICS_CAP = 100;
/** Of one tree. */
const FOUND_CAP = 200;
const FOUND_CODE_CHARS = 8_192;

type Answer = { readonly kind: 'checked'; readonly diagnostics: readonly Diagnostic[] } | { readonly kind: Unchecked };
type Unchecked = 'unreadable' | 'timeout' | 'died' | 'busy' | 'paused' | 'unavailable';
type Job = { readonly tenant: string; readonly question: TypeQuestion; readonly settle: (answer: Answer) => void };
type Slot = { server: TypeServer | undefined; tenant: string | undefined; busy: boolean };

const UNCHECKED: Record<Unchecked, { code: string; message: string; hint: string } | null> = {
  unreadable: null, // the compiler's grammar differs from the parser's; nothing can be said
  unavailable: null, // told to the operator, whose matter it is
  timeout: {
    code: 'type-check-timeout',
    message: 'The type-check took too long and was stopped; types were not checked.',
    hint: 'Use plain types: deep recursive or conditional ones serve nothing here.',
  },
  died: {
    code: 'type-check-timeout',
    message: 'The type-check took too much and was stopped; types were not checked.',
    hint: 'Use plain types: deep recursive or conditional ones serve nothing here.',
  },
  busy: {
    code: 'type-check-skipped',
    message: 'Too many type-checks were waiting; types were not checked.',
    hint: 'Nothing to do: arguments are checked again when a tool is called.',
  },
  paused: {
    code: 'type-check-skipped',
    message: 'Type-checks of your code had to be stopped repeatedly; for a while types are not checked.',
    hint: 'Use plain types: deep recursive or conditional ones serve nothing here.',
  },
};

/**
 * Type-checks code against the declarations of the tools that it imports. It is a help: when it is slow, busy or gone,
 * code runs unchecked, and a warning says so. Start it once; it keeps its compilers warm.
 */
export function createTypeChecker(options: TypeCheckerOptions = {}): TypeChecker {
  return new Checker(options);
}

class Checker implements TypeChecker {
  readonly #slots: Slot[];
  /** By tenant, in the order of their next turn. */
  readonly #waiting = new Map<string, Job[]>();
  readonly #strikes = new LRUCache<string, { readonly count: number; readonly at: number }>({ max: STRIKES_CAP });
  readonly #known = new LRUCache<string, readonly Diagnostic[]>({ max: KNOWN_CAP });
  /** What was found in code that the same tree was asked about lately: not even parsed again. */
  readonly #found = new WeakMap<ImportCatalog, LRUCache<string, readonly Finding[]>>();
  readonly #checkMs: number;
  readonly #queueMs: number;
  readonly #queueCap: number;
  readonly #onMessage: (message: string) => void;
  readonly #now: () => number;
  #waitingCount = 0;
  #failedAt = Number.NEGATIVE_INFINITY;
  #complained = false;
  #closed = false;

  constructor(options: TypeCheckerOptions) {
    this.#checkMs = options.checkMs ?? 1_500;
    this.#queueMs = options.queueMs ?? 1_500;
    this.#queueCap = options.queue ?? 500;
    this.#onMessage = options.onMessage ?? (() => undefined);
    this.#now = options.now ?? (() => performance.now());
    this.#slots = Array.from({ length: Math.max(1, options.servers ?? 2) }, () => ({
      server: undefined,
      tenant: undefined,
      busy: false,
    }));
    for (const slot of this.#slots) void this.#open(slot);
  }

  async check({ code, imports, tenant }: TypeCheckRequest): Promise<readonly Finding[]> {
    const found = this.#found.get(imports)?.get(code);
    if (found) return found;
    const question = typeQuestion(code, imports);
    if (!question) return [];
    const key = keyOf(tenant, question);
    const known = this.#known.get(key);
    if (known) return this.#find({ code, imports, question }, known);
    const answer = await this.#ask(tenant, question);
    if (answer.kind === 'checked') {
      this.#keep(key, answer.diagnostics);
      return this.#find({ code, imports, question }, answer.diagnostics);
    }
    const said = UNCHECKED[answer.kind];
    return said ? [{ stage: 'syntax', line: 1, column: 1, severity: 'warning', ...said }] : [];
  }

  status(): { servers: number; busy: number; waiting: number } {
    return {
      servers: this.#slots.filter(({ server }) => server).length,
      busy: this.#slots.filter(({ busy }) => busy).length,
      waiting: this.#waitingCount,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const jobs of this.#waiting.values()) for (const job of jobs) job.settle({ kind: 'unavailable' });
    await Promise.all(
      this.#slots.map(async ({ server }) => {
        server?.kill();
        await server?.gone;
      }),
    );
  }

  /** A tree belongs to one tenant, so that nobody learns from the time what others run. */
  #find(
    { code, imports, question }: { code: string; imports: ImportCatalog; question: TypeQuestion },
    diagnostics: readonly Diagnostic[],
  ): readonly Finding[] {
    const findings = question.findings(diagnostics);
    const ofTree = this.#found.get(imports) ?? new LRUCache<string, readonly Finding[]>({ max: FOUND_CAP });
    this.#found.set(imports, ofTree);
    if (code.length <= FOUND_CODE_CHARS) ofTree.set(code, findings);
    return findings;
  }

  #keep(key: string, diagnostics: readonly Diagnostic[]): void {
    if (diagnostics.length > KNOWN_DIAGNOSTICS_CAP) return;
    this.#known.set(key, diagnostics);
  }

  #ask(tenant: string, question: TypeQuestion): Promise<Answer> {
    if (this.#isPaused(tenant)) return Promise.resolve({ kind: 'paused' });
    if (this.#isUnavailable()) return Promise.resolve({ kind: 'unavailable' });
    if (this.#waitingCount >= this.#queueCap) return Promise.resolve({ kind: 'busy' });
    return new Promise((resolve) => {
      const job: Job = {
        tenant,
        question,
        settle: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
      };
      const timer = setTimeout(() => {
        if (this.#take(job)) job.settle({ kind: 'busy' });
      }, this.#queueMs);
      const jobs = this.#waiting.get(tenant);
      if (jobs) jobs.push(job);
      else this.#waiting.set(tenant, [job]);
      this.#waitingCount += 1;
      this.#dispatch();
    });
  }

  #take(job: Job): boolean {
    const jobs = this.#waiting.get(job.tenant) ?? [];
    const at = jobs.indexOf(job);
    if (at < 0) return false;
    jobs.splice(at, 1);
    if (jobs.length === 0) this.#waiting.delete(job.tenant);
    this.#waitingCount -= 1;
    return true;
  }

  /** Each tenant in turn, and with more than one compiler none has all of them. */
  #dispatch(): void {
    for (const slot of this.#slots) {
      if (slot.busy) continue;
      if (!slot.server) {
        if (!this.#isUnavailable()) void this.#open(slot);
        continue;
      }
      const job = this.#next();
      if (job) void this.#run(slot, slot.server, job);
    }
  }

  #next(): Job | undefined {
    for (const [tenant, jobs] of this.#waiting) {
      if (this.#slots.length > 1 && this.#slots.some((slot) => slot.busy && slot.tenant === tenant)) continue;
      const [job] = jobs;
      if (!job || !this.#take(job)) continue;
      if (jobs.length > 0) {
        this.#waiting.delete(tenant); // goes to the end
        this.#waiting.set(tenant, jobs);
      }
      return job;
    }
    return undefined;
  }

  async #run(slot: Slot, server: TypeServer, job: Job): Promise<void> {
    slot.busy = true;
    slot.tenant = job.tenant;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      server.kill();
    }, this.#checkMs);
    try {
      const diagnostics = await server.check(job.question.module.files);
      this.#strikes.delete(job.tenant);
      job.settle(diagnostics ? { kind: 'checked', diagnostics } : { kind: 'unreadable' });
    } catch {
      server.kill();
      this.#strike(job.tenant);
      job.settle({ kind: isLate ? 'timeout' : this.#closed ? 'unavailable' : 'died' });
      await server.gone;
    } finally {
      clearTimeout(timer);
      slot.tenant = undefined;
      if (server.checks >= CHECKS_PER_SERVER) {
        server.kill();
        await server.gone;
      }
      slot.busy = false;
      this.#dispatch();
    }
  }

  async #open(slot: Slot): Promise<void> {
    slot.busy = true;
    try {
      const server = await TypeServer.start();
      slot.server = server;
      this.#complained = false;
      void server.gone.then(() => {
        if (slot.server === server) slot.server = undefined;
        if (!slot.busy && !this.#closed) void this.#open(slot); // it died of itself, between checks
      });
      if (this.#closed) server.kill();
    } catch (error) {
      this.#failedAt = this.#now();
      if (!this.#complained) this.#onMessage(`Types are not checked: the compiler did not start: ${messageOf(error)}`);
      this.#complained = true;
      if (this.#isUnavailable())
        for (const jobs of [...this.#waiting.values()])
          for (const job of [...jobs]) if (this.#take(job)) job.settle({ kind: 'unavailable' });
    } finally {
      slot.busy = false;
      if (!this.#closed) this.#dispatch();
    }
  }

  #isUnavailable(): boolean {
    if (this.#closed) return true;
    return this.#slots.every(({ server, busy }) => !server && !busy) && this.#now() - this.#failedAt < START_AGAIN_MS;
  }

  #strike(tenant: string): void {
    const now = this.#now();
    const before = this.#strikes.get(tenant);
    const count = before && now - before.at < STRIKES_FORGOTTEN_MS ? before.count + 1 : 1;
    this.#strikes.set(tenant, { count, at: now });
  }

  #isPaused(tenant: string): boolean {
    const strikes = this.#strikes.get(tenant);
    if (!strikes || strikes.count < 2) return false;
    return this.#now() - strikes.at < Math.min(PAUSE_MS * 2 ** (strikes.count - 2), PAUSE_CAP_MS);
  }
}

/** The text names each declaration by its hash. By tenant, so that nobody learns from the time what others run. */
const keyOf = (tenant: string, { module }: TypeQuestion): string =>
  createHash('sha256')
    .update(`${tenant}\0${module.files.get(USER_FILE) ?? ''}`)
    .digest('base64url');
