import type { DeltaSource, OnDelta } from '../model/model.ts';
import type { Delta, FunctionCall, TurnChoice } from '../wire/turn.ts';

interface TurnDeltasOptions {
  /** Names of the app's own tools: only their calls reach the app. */
  readonly theirs: ReadonlySet<string>;
  /** Text is kept until the turn is known to be the last: half of a JSON answer must not come from two turns. */
  readonly hold: boolean;
  /** Text of an earlier turn stands before. */
  readonly follows: boolean;
}

interface CallPiece {
  readonly index?: number;
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null } | null;
}

/** The pieces of one turn on their way to the app, without the calls that are ours. */
export class TurnDeltas {
  readonly #held: Delta[] = [];
  /** The upstream's index of each call that goes to the app, to the app's. */
  readonly #passed = new Map<number, number>();
  readonly #passedNames: string[] = [];
  #source: DeltaSource = { model: '', extras: {} };
  #spoke = false;

  constructor(
    readonly onDelta: OnDelta,
    readonly options: TurnDeltasOptions,
  ) {}

  readonly take: OnDelta = (delta, source) => {
    this.#source = source;
    const { tool_calls: calls, ...rest } = delta.delta;
    const mine = Array.isArray(calls) ? this.#forApp(calls as CallPiece[]) : [];
    const content = rest['content'];
    const shown =
      typeof content === 'string' && content !== '' ? { ...rest, content: this.#apart(content, delta) } : rest;
    const passed: Record<string, unknown> = { ...shown, ...(mine.length > 0 ? { tool_calls: mine } : {}) };
    if (Object.values(passed).every((value) => value === null || value === undefined || value === '')) return;
    const out = { ...delta, delta: passed };
    if (this.options.hold) this.#held.push(out);
    else this.onDelta(out, source);
  };

  /** The turn is the answer. */
  end(choice: TurnChoice, forApp: readonly FunctionCall[]): void {
    for (const delta of this.#held) this.onDelta(delta, this.#source);
    // Names that came in pieces were not known for the app's in time.
    const left = forApp.slice(choice.index === 0 ? this.#passedNames.length : forApp.length);
    const tool_calls = left.map(({ id, name, arguments: args }, at) => ({
      index: this.#passedNames.length + at,
      id,
      type: 'function',
      function: { name, arguments: args },
    }));
    if (tool_calls.length > 0) this.onDelta({ index: 0, delta: { tool_calls } }, this.#source);
  }

  /** The turn was not: what was kept of it is not shown. */
  discard(): void {
    this.#held.length = 0;
  }

  #apart(content: string, { index }: Delta): string {
    const isFirst = !this.#spoke && this.options.follows && index === 0 && !this.options.hold;
    this.#spoke = true;
    return isFirst ? `\n\n${content}` : content;
  }

  #forApp(pieces: readonly CallPiece[]): object[] {
    return pieces.flatMap((piece) => {
      const upstream = piece.index ?? 0;
      const name = piece.function?.name;
      if (name && this.options.theirs.has(name) && !this.#passed.has(upstream)) {
        this.#passed.set(upstream, this.#passed.size);
        this.#passedNames.push(name);
      }
      const index = this.#passed.get(upstream);
      return index === undefined ? [] : [{ ...piece, index }];
    });
  }
}
