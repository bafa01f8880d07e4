import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, messageOf, type Ctx, type RunId } from '@switchyard/kernel';
import type { Ledger, RunEnd, RunStart } from '@switchyard/ledger';

/** A run of a database that is away for a moment must not end without its record. */
const RECORD_RETRIES_MS = [50, 250, 1_000, 3_000, 6_000];

/** What code that calls nothing does without, most likely. Where it calls all the same, its start is confirmed first. */
const MAY_CALL = /\bimport\b|workspace/;

/**
 * A run on record. Where it most likely calls nothing, its start does not wait for the disk: its end does, and takes the
 * start along. Before its first call it is confirmed in any case.
 */
export class OnRecord {
  readonly #written: Promise<void>;
  readonly #isDurable: boolean;
  #confirmed: Promise<void> | undefined;

  constructor(
    readonly ledger: Pick<Ledger, 'startRun' | 'confirmRun' | 'finishRun'>,
    readonly ctx: Ctx & { readonly runId: RunId },
    readonly start: RunStart,
    /** Another process has begun it. */
    isTaken = false,
  ) {
    this.#isDurable = isTaken || MAY_CALL.test(start.code);
    this.#written = isTaken ? Promise.resolve() : ledger.startRun(ctx, start, { durable: this.#isDurable });
    this.#written.catch(() => undefined); // whoever waits for it hears
  }

  written(): Promise<void> {
    return this.#written;
  }

  /** To be waited for before the run touches anything. */
  confirmed(): Promise<void> {
    if (this.#isDurable) return this.#written;
    this.#confirmed ??= this.#written.then(() => this.ledger.confirmRun(this.ctx, this.start.id));
    return this.#confirmed;
  }

  /** Throws AppError `unavailable` when it cannot be recorded after several tries. */
  async finish(end: RunEnd): Promise<void> {
    await this.#written;
    for (const wait of [...RECORD_RETRIES_MS, undefined]) {
      try {
        await this.#finishNow(end);
        return;
      } catch (error) {
        if (error instanceof AppError || wait === undefined)
          throw new AppError(
            'unavailable',
            `The run ended, but could not be recorded: ${messageOf(error)}. Do not rely on its result.`,
            { run: this.ctx.runId },
            { cause: error },
          );
        await sleep(wait);
      }
    }
  }

  async #finishNow(end: RunEnd): Promise<void> {
    const { ledger, ctx, start } = this;
    try {
      await ledger.finishRun(ctx, start.id, end);
    } catch (error) {
      const isGone = error instanceof AppError && error.code === 'not_found' && !this.#isDurable;
      if (!isGone) throw error;
      // The database's machine failed and took the start along.
      await ledger.startRun(ctx, start);
      await ledger.finishRun(ctx, start.id, end);
    }
  }
}
