import { setTimeout as sleep } from 'node:timers/promises';
import type { Tx } from '@switchyard/database';
import type { InvokeCall, InvokeReply } from '@switchyard/execution';
import type { Clock, Ctx, RunId } from '@switchyard/kernel';
import type { Ledger } from '@switchyard/ledger';
import type { Approval, Approvals } from '@switchyard/tools';
import type { KeepStore } from '../keep/keep.store.ts';
import type { RecordedSkill } from '../replay/recording.ts';
import { begunEntry, endedEntry } from './history.ts';
import { appendJournal, dropJournal, type JournalEntry, type MadeCall } from './journal.store.ts';

/** What a run that has to wait keeps; above it a call that needs an approval is refused. */
export const JOURNAL_CAP_BYTES = 20 * 1024 * 1024;

export interface PausingOptions {
  readonly approvals: Approvals;
  readonly ledger: Pick<Ledger, 'pauseRun' | 'continueRun' | 'parkRun'>;
  readonly store: KeepStore;
  readonly clock: Clock;
  /** How long a sandbox is held for an answer that comes at once. */
  readonly graceMs: number;
}

/** How long a run that is let go waits for what its calls give still. */
const SETTLE_MS = 10_000;
const SETTLE_STEP_MS = 20;

type Event =
  | { readonly kind: 'begun'; readonly call: InvokeCall }
  | { readonly kind: 'ended'; readonly seq: number; readonly reply: InvokeReply; readonly made: MadeCall | undefined };

/**
 * A run's waiting for people. Until the first time it only notes what calls gave, which costs nothing; from then on every
 * call stands in the journal before it is made and again when it has ended, so that none is ever made twice.
 */
export class Pausing {
  readonly #events: Event[] = [];
  /** Those of `#events` that stand in the journal. */
  #written = 0;
  #place: number;
  #bytes = 0;
  #durable: boolean;
  #writing: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #performing = 0;
  #grace: NodeJS.Timeout | undefined;
  #parked = false;
  readonly #asked: Approval[] = [];
  #over = false;
  readonly #park = new AbortController();

  constructor(
    readonly options: PausingOptions,
    readonly ctx: Ctx & { readonly runId: RunId },
    readonly source: () => { readonly code: string; readonly skills: readonly RecordedSkill[] },
    /** The journal's free place, of a run that goes on here. */
    resumed?: { readonly place: number },
  ) {
    this.#place = resumed?.place ?? 0;
    this.#durable = resumed !== undefined;
  }

  /** What this process has asked for. */
  get asked(): readonly Approval[] {
    return this.#asked;
  }

  /** The run has waited at least once. */
  get isDurable(): boolean {
    return this.#durable;
  }

  /** Somebody is asked and has not answered. */
  get isWaiting(): boolean {
    return this.#waiting > 0;
  }

  /** True from when the sandbox is let go: no call may be made any more. */
  get isParked(): boolean {
    return this.#parked;
  }

  /** Aborts when the sandbox is to be let go. */
  get park(): AbortSignal {
    return this.#park.signal;
  }

  /** To be awaited before a call is made. */
  async begun(call: InvokeCall): Promise<void> {
    this.#performing += 1;
    this.#note({ kind: 'begun', call });
    if (this.#durable) await this.#flush();
  }

  /** To be awaited before its answer goes back. */
  async ended(call: InvokeCall, reply: InvokeReply, made: MadeCall | undefined): Promise<void> {
    this.#performing -= 1;
    if (reply.ok) this.#bytes += reply.json.length;
    this.#note({ kind: 'ended', seq: call.seq, reply, made });
    if (this.#durable) await this.#flush();
  }

  /** A call that nobody waits for any more: its run is cut off. */
  abandoned(): Promise<never> {
    this.#performing -= 1;
    return new Promise(() => undefined);
  }

  /** True where what the run has read is too much to be kept for a person's time. */
  get isTooLarge(): boolean {
    return this.#bytes > JOURNAL_CAP_BYTES;
  }

  /** Puts a call before people: approval, state of the run and journal in one transaction. */
  ask(call: InvokeCall, ask: Omit<Parameters<Approvals['ask']>[1], 'seq' | 'alongside'>): Promise<Approval> {
    // From here on, also before it is committed: what begins meanwhile has to wait for its place in the journal.
    this.#durable = true;
    return this.#inTurn(async () => {
      const { approvals, ledger } = this.options;
      const upTo = this.#events.length;
      const approval = await approvals.ask(this.ctx, {
        ...ask,
        seq: call.seq,
        alongside: async (tx) => {
          await this.#write(tx, upTo);
          await ledger.pauseRun(tx, this.ctx, this.ctx.runId);
        },
      });
      this.#wrote(upTo);
      this.#asked.push(approval);
      return approval;
    });
  }

  /** Resolves with what was decided; rejects when the run ends, or is parked, before. */
  async decided(approval: Approval, signal: AbortSignal): Promise<Approval> {
    const { approvals, ledger } = this.options;
    this.#waiting += 1;
    this.#startGrace();
    const decided = await approvals.decided(this.ctx, approval.id, AbortSignal.any([signal, this.#park.signal]));
    this.#waiting -= 1;
    if (this.#waiting === 0) {
      clearTimeout(this.#grace);
      await ledger.continueRun(this.ctx, this.ctx.runId);
    }
    return decided;
  }

  /** Lets go of the run, once no call is under way: another process may go on with it from what is written. */
  async release(activeMs: number): Promise<void> {
    this.#parked = true;
    clearTimeout(this.#grace);
    await this.#settled();
    await this.#inTurn(() =>
      this.options.store.database.inTenant(this.ctx, async (tx) => {
        await this.#write(tx, this.#events.length, [{ kind: 'parked', activeMs }]);
      }),
    );
    this.#wrote(this.#events.length);
    await this.options.ledger.parkRun(this.ctx, this.ctx.runId);
    this.end();
  }

  /** The run has ended: nobody waits for what it asked, and nobody goes on with it. */
  async close(): Promise<void> {
    if (!this.#durable) return;
    const { approvals, store } = this.options;
    await this.#inTurn(() =>
      store.database.inTenant(this.ctx, async (tx) => {
        await dropJournal(tx, store, this.ctx.runId);
        await approvals.withdraw(tx, this.ctx, this.ctx.runId);
      }),
    );
  }

  end(): void {
    this.#over = true;
    clearTimeout(this.#grace);
  }

  /** A run that has read too much to wait needs no notes, and shall not hold what it has read. */
  #note(event: Event): void {
    if (this.#durable || !this.isTooLarge) this.#events.push(event);
    else this.#events.length = 0;
  }

  /** Resolves when no call is being made any more, or after a while. */
  async #settled(): Promise<void> {
    for (let left = SETTLE_MS; this.#performing > this.#waiting && left > 0; left -= SETTLE_STEP_MS)
      await sleep(SETTLE_STEP_MS);
  }

  #startGrace(): void {
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => {
      if (this.#waiting === 0) return;
      if (this.#performing > this.#waiting) return this.#startGrace(); // what another call of the same code gives must be on record
      this.#parked = true;
      this.#park.abort();
    }, this.options.graceMs);
  }

  /** One after the other, so that what is written is what happened, in that order. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(work, work);
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  async #flush(): Promise<void> {
    await this.#inTurn(async () => {
      const upTo = this.#events.length;
      if (upTo === this.#written || this.#over) return;
      await this.options.store.database.inTenant(this.ctx, (tx) => this.#write(tx, upTo));
      this.#wrote(upTo);
    });
  }

  /** What is committed. The place is never given twice, so that two writers of one run are noticed. */
  #wrote(upTo: number): void {
    this.#written = upTo;
    this.#place += 1;
  }

  async #write(tx: Tx, upTo: number, more: readonly JournalEntry[] = []): Promise<void> {
    const entries: JournalEntry[] = this.#events
      .slice(this.#written, upTo)
      .map((event) =>
        event.kind === 'begun' ? begunEntry(event.call) : endedEntry(event.seq, event.reply, event.made),
      );
    const start: JournalEntry[] = this.#place === 0 ? [{ kind: 'start', ...withoutMore(this.source()) }] : [];
    const all = [...start, ...entries, ...more];
    await appendJournal(tx, this.options.store, this.ctx, { runId: this.ctx.runId, place: this.#place, entries: all });
  }
}

const withoutMore = ({ code, skills }: { readonly code: string; readonly skills: readonly RecordedSkill[] }) => ({
  code,
  skills: skills.map(({ name, version, code: text }) => ({ name, version, code: text })),
});
