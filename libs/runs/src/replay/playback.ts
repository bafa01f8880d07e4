import type { InvokeCall, InvokeReply } from '@switchyard/execution';
import { canonicalJson } from '@switchyard/kernel';
import type { RecordedReply } from './recording.ts';

type Played = {
  readonly reply: InvokeReply;
  readonly outcome: 'recorded' | 'diverged' | 'left_out';
  readonly seq: number | null;
};

const keyOf = (server: string, tool: string, args: unknown): string => canonicalJson([server, tool, args ?? null]);

const refusal = (code: string, message: string): InvokeReply => ({
  ok: false,
  error: { name: 'ReplayError', message, code },
});

/**
 * Answers calls from a record: the same tool with the same arguments gets what it got then, in the order in which it got
 * it. Nothing else is answered, and no upstream is asked.
 */
export class Playback {
  readonly #byCall = new Map<string, RecordedReply[]>();
  /** Calls that were recorded without arguments or result, because there was no room. */
  readonly #left = new Map<string, RecordedReply[]>();

  constructor(calls: readonly RecordedReply[]) {
    for (const call of [...calls].sort((a, b) => a.seq - b.seq)) {
      const [map, key] = call.reply
        ? [this.#byCall, keyOf(call.server, call.tool, call.args)]
        : [this.#left, `${call.server}.${call.tool}`];
      map.set(key, [...(map.get(key) ?? []), call]);
    }
  }

  play({ server, tool, args }: Pick<InvokeCall, 'server' | 'tool' | 'args'>): Played {
    const found = this.#byCall.get(keyOf(server, tool, args))?.shift();
    if (found?.reply) return { reply: found.reply, outcome: 'recorded', seq: found.seq };
    const name = `${server.replace('$', '')}.${tool}`;
    const left = this.#left.get(`${server}.${tool}`)?.shift();
    if (left)
      return {
        reply: refusal('not_kept', `The result of ${name} was too large to be recorded: this call cannot be replayed.`),
        outcome: 'left_out',
        seq: left.seq,
      };
    return {
      reply: refusal(
        'not_recorded',
        `The recorded run made no such call of ${name} (any more): a replay answers from the record alone.`,
      ),
      outcome: 'diverged',
      seq: null,
    };
  }

  /** What was recorded and not asked for. */
  rest(): RecordedReply[] {
    return [...this.#byCall.values(), ...this.#left.values()].flat().sort((a, b) => a.seq - b.seq);
  }
}
