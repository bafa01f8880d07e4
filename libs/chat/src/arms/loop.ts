import type { Ctx } from '@switchyard/kernel';
import type { DeltaSource, Model, ModelParams, OnDelta } from '../model/model.ts';
import type { AnswerChoice } from '../wire/answer.ts';
import { isJson, textOf, type ChatMessage, type ChatRequest } from '../wire/request.ts';
import type { FunctionCall, ModelTurn, TurnChoice } from '../wire/turn.ts';
import { TurnDeltas } from './turn-deltas.ts';
import type { Toolset } from './tools.ts';

export interface LoopInput {
  readonly model: Model;
  /** As the app sent it. */
  readonly request: ChatRequest;
  /** The model's messages: the app's, and our prompt. */
  readonly messages: readonly ChatMessage[];
  readonly tools: Toolset;
  readonly onDelta?: OnDelta | undefined;
  /** Calls of the model within one answer; the last one gets no tools of ours, so that it has to answer. */
  readonly maxTurns: number;
}

export interface LoopOutcome {
  readonly choices: readonly AnswerChoice[];
  /** Of the turn that ended it. */
  readonly source: DeltaSource;
  /** What our tools did between the app's messages and the answer; the app never sees it. */
  readonly hidden: readonly ChatMessage[];
}

/** What is ours to say, or not the endpoint's business. */
const OURS = new Set(['model', 'messages', 'stream', 'stream_options', 'tools', 'n', 'tool_choice', 'metadata']);

/** The app's tools are the app's business: the model's calls of them are the answer. */
const appToolNames = ({ tools }: ChatRequest): ReadonlySet<string> =>
  new Set((tools ?? []).flatMap((tool) => tool.function?.name ?? []));

/** Model and tools in turn, until the model answers or calls a tool of the app's. */
export async function answerInTurns(ctx: Ctx, input: LoopInput): Promise<LoopOutcome> {
  const { model, request, onDelta } = input;
  const theirs = appToolNames(request);
  const forbidden = request['tool_choice'] === 'none';
  const offered = forbidden ? [] : input.tools.offered.map(({ definition }) => definition);
  const hidden: ChatMessage[] = [];
  const said: string[] = [];

  for (let turn = 1; ; turn++) {
    const ours = turn < input.maxTurns ? offered : [];
    const params = paramsOf(input, {
      ours,
      hidden,
      isFirst: turn === 1,
      n: offered.length === 0 ? (request.n ?? 1) : 1,
    });
    const deltas = onDelta && new TurnDeltas(onDelta, { theirs, hold: isJson(request), follows: said.length > 0 });
    const answer = await model.complete(ctx, params, deltas?.take);
    ctx.signal.throwIfAborted();
    const [first, ...others] = answer.choices;
    if (!first) return { choices: [], source: answer, hidden };
    const { forApp, forUs } = divide(first, theirs);
    if (forApp.length > 0 || forUs.length === 0 || ours.length === 0) {
      deltas?.end(first, forApp);
      const text = isJson(request) ? [textOf(first.message)] : [...said, textOf(first.message)];
      const all = [toChoice(first, forApp, text), ...others.map((one) => toChoice(one, divide(one, theirs).forApp))];
      const more = await alternatives(ctx, input, { hidden, have: all.length, theirs });
      return { choices: [...all, ...more], source: answer, hidden };
    }
    deltas?.discard();
    if (!isJson(request) && textOf(first.message) !== '') said.push(textOf(first.message));
    const results = await Promise.all(forUs.map((call) => input.tools.perform(ctx, call)));
    hidden.push(forModel(first.message, forUs));
    for (const [index, content] of results.entries())
      hidden.push({ role: 'tool', tool_call_id: forUs[index]?.id ?? '', content });
  }
}

interface Divided {
  readonly forApp: readonly FunctionCall[];
  readonly forUs: readonly FunctionCall[];
}

/**
 * Calls of the app's tools go first: ours of the same turn are left undone, and the model makes them again when it has
 * the app's results. A call that was cut off by the length limit is nobody's.
 */
function divide({ calls, finishReason }: TurnChoice, theirs: ReadonlySet<string>): Divided {
  const named = calls.map((call, index) => (call.id === '' ? { ...call, id: `call_${index}` } : call));
  const forApp = named.filter(({ name }) => theirs.has(name));
  const isCut = finishReason === 'length' || finishReason === 'content_filter';
  return { forApp, forUs: forApp.length > 0 || isCut ? [] : named };
}

function toChoice(choice: TurnChoice, forApp: readonly FunctionCall[], texts?: readonly string[]): AnswerChoice {
  const { tool_calls, ...message } = choice.message;
  const content = texts ? texts.filter(Boolean).join('\n\n') : textOf(message);
  const appCalls = (tool_calls ?? []).filter(
    (call) => !call.function || forApp.some(({ name }) => name === call.function?.name),
  );
  return {
    message: {
      ...message,
      content: content === '' ? null : content,
      ...(appCalls.length > 0 ? { tool_calls: appCalls } : {}),
    },
    finishReason: choice.finishReason === 'tool_calls' && appCalls.length === 0 ? 'stop' : choice.finishReason,
    logprobs: choice.logprobs,
  };
}

/** What the model is shown of its own turn: the fields that endpoints take back. */
function forModel(message: ChatMessage, calls: readonly FunctionCall[]): ChatMessage {
  const reasoning = ['reasoning_content', 'reasoning_details'].flatMap((name) =>
    message[name] === undefined ? [] : [[name, message[name]] as const],
  );
  return {
    role: 'assistant',
    content: message.content ?? null,
    tool_calls: calls.map(({ id, name, arguments: args }) => ({
      id,
      type: 'function',
      function: { name, arguments: args },
    })),
    ...Object.fromEntries(reasoning),
  };
}

interface Turn {
  readonly ours: readonly object[];
  readonly hidden: readonly ChatMessage[];
  readonly isFirst: boolean;
  readonly n: number;
}

function paramsOf({ model, request, messages }: LoopInput, { ours, hidden, isFirst, n }: Turn): ModelParams {
  const rest = Object.fromEntries(Object.entries(request).filter(([name]) => !OURS.has(name)));
  const tools = [...(request.tools ?? []), ...ours];
  const choice = request['tool_choice'];
  // What has to be called was meant for the first turn: after our tools have answered the model is free.
  const toolChoice =
    choice === undefined || tools.length === 0 || (choice === 'required' && !isFirst) ? {} : { tool_choice: choice };
  const { conversation_id: _ours, intent: _also, ...metadata } = request.metadata ?? {};
  return {
    ...rest,
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    model: modelOf(request, model.target.defaultModel),
    messages: [...messages, ...hidden],
    ...(tools.length > 0 ? { tools } : {}),
    ...toolChoice,
    ...(n > 1 ? { n } : {}),
  };
}

/** Names by which an app says that it has no wish of its own. */
const NO_WISH = new Set(['', 'default', 'switchyard']);
const modelOf = ({ model = '' }: ChatRequest, fallback: string): string => (NO_WISH.has(model) ? fallback : model);

/**
 * `n` above one: our tools are used once, and the other choices are further answers to what the model knows then, so
 * that nothing is done twice in the world.
 */
async function alternatives(
  ctx: Ctx,
  input: LoopInput,
  { hidden, have, theirs }: { hidden: readonly ChatMessage[]; have: number; theirs: ReadonlySet<string> },
): Promise<AnswerChoice[]> {
  const { model, request, onDelta } = input;
  const wanted = request.n ?? 1;
  const more: AnswerChoice[] = [];
  while (have + more.length < wanted) {
    const offset = have + more.length;
    const params = paramsOf(input, { ours: [], hidden, isFirst: false, n: wanted - offset });
    const shifted: OnDelta | undefined =
      onDelta && ((delta, source) => onDelta({ ...delta, index: delta.index + offset }, source));
    const answer: ModelTurn = await model.complete(ctx, params, shifted);
    if (answer.choices.length === 0) break;
    more.push(
      ...answer.choices.slice(0, wanted - offset).map((choice) => toChoice(choice, divide(choice, theirs).forApp)),
    );
  }
  return more;
}
