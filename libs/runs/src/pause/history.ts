import type { InvokeCall, InvokeReply } from '@switchyard/execution';
import { argumentsHash } from '@switchyard/tools';
import type { RecordedSkill } from '../replay/recording.ts';
import type { JournalEntry, MadeCall } from './journal.store.ts';

/** A run that goes on elsewhere waits so long for a call that its record says comes next. */
const PATIENCE_MS = 30_000;

/** What code does when it goes on elsewhere is not what it did before: it reads the time or chance. */
export class Diverged extends Error {
  override readonly name = 'DivergenceError';
}

/** A call that was made before. */
export interface KnownCall {
  readonly call: InvokeCall;
  /** The how-manieth to end; undefined when nobody knows how it ended. */
  order?: number;
  reply?: InvokeReply;
  made?: MadeCall | undefined;
}

export type Played =
  | { readonly kind: 'recorded'; readonly reply: InvokeReply; readonly made: MadeCall | undefined }
  /** Begun and not known to have ended. */
  | { readonly kind: 'open' }
  /** Not on record: the run is past what it did before. */
  | { readonly kind: 'new' };

const WHY =
  'Code that waits for an approval must not depend on the time, on chance, or on which of several calls answers first.';

const isSame = (known: InvokeCall, call: InvokeCall): boolean =>
  known.server === call.server && known.tool === call.tool && argumentsHash(known.args) === argumentsHash(call.args);

export const begunEntry = ({ seq, server, tool, args }: InvokeCall): JournalEntry => ({
  kind: 'begun',
  seq,
  server,
  tool,
  args: args ?? null,
});

export function endedEntry(seq: number, reply: InvokeReply, made: MadeCall | undefined): JournalEntry {
  const of = made ? { made } : {};
  if (!reply.ok) return { kind: 'ended', seq, refusal: reply.error, ...of };
  const json = typeof reply.json === 'string' ? reply.json : Buffer.from(reply.json).toString();
  return { kind: 'ended', seq, json, ...of };
}

/**
 * Answers the calls of a run that goes on in another process from what they gave before, and lets none of them be made
 * again. A call is told by its place in the order of calls and by its tool and arguments; answers go back in the order in
 * which they came, so that code which waits for several goes the same way.
 */
export class History {
  readonly code: string;
  readonly skills: readonly RecordedSkill[];
  /** Time that the run had used before, in milliseconds. */
  readonly activeMs: number;
  readonly #calls = new Map<number, KnownCall>();
  readonly #waiting = new Map<number, () => void>();
  readonly #last: number;
  #released = 0;

  constructor(entries: readonly JournalEntry[]) {
    let code = '';
    let skills: readonly RecordedSkill[] = [];
    let activeMs = 0;
    let order = 0;
    for (const entry of entries)
      switch (entry.kind) {
        case 'start':
          ({ code, skills } = entry);
          break;
        case 'begun': {
          const { seq, server, tool, args } = entry;
          // A call that waited is begun again when its run goes on.
          if (!this.#calls.has(seq)) this.#calls.set(seq, { call: { seq, server, tool, args } });
          break;
        }
        case 'ended': {
          const known = this.#calls.get(entry.seq);
          if (!known || known.order !== undefined) break;
          known.order = order++;
          known.made = entry.made;
          known.reply = entry.refusal ? { ok: false, error: entry.refusal } : { ok: true, json: entry.json ?? 'null' };
          break;
        }
        case 'parked':
          activeMs = entry.activeMs;
      }
    this.code = code;
    this.skills = skills;
    this.activeMs = activeMs;
    this.#last = Math.max(0, ...this.#calls.keys());
  }

  /** Servers and tools that were called, which code may still name. */
  get used(): readonly { readonly server: string; readonly tool: string }[] {
    return [...this.#calls.values()].map(({ call }) => call).filter(({ server }) => !server.startsWith('$'));
  }

  /** Throws Diverged. */
  async play(call: InvokeCall, signal: AbortSignal): Promise<Played> {
    if (call.seq > this.#last) return { kind: 'new' };
    const known = this.#calls.get(call.seq);
    if (!known || !isSame(known.call, call)) {
      const before = known ? `it was ${known.call.server}.${known.call.tool}` : 'there was none';
      throw new Diverged(
        `The code went on differently than before it waited: call ${call.seq} is ${call.server}.${call.tool} with these arguments, ${before} then. ${WHY}`,
      );
    }
    this.#calls.delete(call.seq);
    const { order, reply, made } = known;
    if (order === undefined || !reply) return { kind: 'open' };
    await this.#turn(order, signal);
    return { kind: 'recorded', reply, made };
  }

  /** Calls that are on record and that the code did not make this time. */
  left(): readonly KnownCall[] {
    return [...this.#calls.values()];
  }

  async #turn(order: number, signal: AbortSignal): Promise<void> {
    if (order > this.#released)
      await new Promise<void>((resolve, reject) => {
        const end = (settle: () => void): void => {
          clearTimeout(patience);
          signal.removeEventListener('abort', give);
          settle();
        };
        const give = (): void => end(resolve);
        const message = `The code went on differently than before it waited: a call that it made then did not come again. ${WHY}`;
        const patience = setTimeout(() => end(() => reject(new Diverged(message))), PATIENCE_MS);
        signal.addEventListener('abort', give);
        this.#waiting.set(order, give);
      });
    // The reply that goes back now has to be on its way before the next one.
    setImmediate(() => {
      this.#released = Math.max(this.#released, order + 1);
      this.#waiting.get(order + 1)?.();
    });
  }
}
