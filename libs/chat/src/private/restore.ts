import { createStreamRestorer, type Shield, type StreamRestorer } from '@switchyard/privacy';
import type { DeltaSource, OnDelta } from '../model/model.ts';
import type { AnswerChoice } from '../wire/answer.ts';
import type { ChatMessage } from '../wire/request.ts';
import type { Delta } from '../wire/turn.ts';

type Backs = Pick<Shield, 'putBack' | 'putBackInJson'>;

const restoreArguments = <Call extends { function?: { arguments: string } | undefined }>(shield: Backs, call: Call) =>
  call.function
    ? { ...call, function: { ...call.function, arguments: shield.putBackInJson(call.function.arguments) } }
    : call;

/** An answer as the end user may read it. `isJson`: the app has asked for JSON, and must get JSON. */
export function restoreChoice(shield: Backs, choice: AnswerChoice, isJson: boolean): AnswerChoice {
  const { content, tool_calls: calls } = choice.message;
  const inContent = isJson ? shield.putBackInJson : shield.putBack;
  const others = Object.entries(choice.message).flatMap(([name, value]) =>
    typeof value === 'string' && name !== 'content' && name !== 'role' ? [[name, shield.putBack(value)] as const] : [],
  );
  const message: ChatMessage = {
    ...choice.message,
    ...Object.fromEntries(others),
    ...(typeof content === 'string' ? { content: inContent(content) } : {}),
    ...(calls ? { tool_calls: calls.map((call) => restoreArguments(shield, call)) } : {}),
  };
  return { ...choice, message };
}

interface CallPiece {
  readonly index?: number;
  readonly function?: { readonly arguments?: string | null } | null;
}

interface Open {
  readonly restorer: StreamRestorer;
  /** The delta of a rest. */
  readonly rest: (text: string) => Delta;
}

/** The same for an answer that comes in pieces: a token may be cut anywhere. */
export class RestoredDeltas {
  readonly #open = new Map<string, Open>();
  #source: DeltaSource = { model: '', extras: {} };

  constructor(
    readonly shield: Backs,
    readonly isJson: boolean,
    readonly onDelta: OnDelta,
  ) {}

  readonly take: OnDelta = (delta, source) => {
    this.#source = source;
    const { index } = delta;
    const shown = Object.entries(delta.delta).map(([name, value]) => {
      if (typeof value === 'string') return [name, this.#text(index, name).push(value)] as const;
      if (name !== 'tool_calls' || !Array.isArray(value)) return [name, value] as const;
      return [name, (value as CallPiece[]).map((piece) => this.#call(index, piece))] as const;
    });
    const isEmpty = shown.every(([, value]) => value === '' || value === null || value === undefined);
    if (isEmpty && !delta.logprobs) return; // all of it is held
    this.onDelta({ ...delta, delta: Object.fromEntries(shown) }, source);
  };

  /** Nothing follows: what was held was no token. */
  end(): void {
    for (const { restorer, rest } of this.#open.values()) {
      const text = restorer.end();
      if (text !== '') this.onDelta(rest(text), this.#source);
    }
    this.#open.clear();
  }

  #call(index: number, piece: CallPiece): object {
    const text = piece.function?.arguments;
    if (typeof text !== 'string') return piece;
    const at = piece.index ?? 0;
    const { restorer } = this.#entry(`${index} call ${at}`, this.shield.putBackInJson, (rest) => ({
      index,
      delta: { tool_calls: [{ index: at, function: { arguments: rest } }] },
    }));
    return { ...piece, function: { ...piece.function, arguments: restorer.push(text) } };
  }

  #text(index: number, name: string): StreamRestorer {
    const putBack = this.isJson && name === 'content' ? this.shield.putBackInJson : this.shield.putBack;
    return this.#entry(`${index} ${name}`, putBack, (rest) => ({ index, delta: { [name]: rest } })).restorer;
  }

  #entry(key: string, putBack: (text: string) => string, rest: Open['rest']): Open {
    const known = this.#open.get(key);
    if (known) return known;
    const made = { restorer: createStreamRestorer(putBack), rest };
    this.#open.set(key, made);
    return made;
  }
}
