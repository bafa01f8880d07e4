import type { Ctx, Json } from '@switchyard/kernel';
import { hasToken, type Shield } from '@switchyard/privacy';
import type { Model } from '../model/model.ts';
import { textOf, type ChatMessage, type ChatRequest } from '../wire/request.ts';

/** Undefined where the tenant has everything go to the model as it is. */
export type OpenShield = (ctx: Ctx) => Promise<Shield | undefined>;

/** Gives what stands in place of a text; `isJson` where the text is a call's arguments or a tool's result. */
type Swap = (text: string, isJson: boolean) => string;

type Content = ChatMessage['content'];
type Fields = Readonly<Record<string, unknown>>;

const swapContent = (content: Content, swap: Swap, isJson = false): Content =>
  typeof content === 'string'
    ? swap(content, isJson)
    : content?.map((part) => {
        const text = part['text'];
        return typeof text === 'string' ? { ...part, text: swap(text, isJson) } : part;
      });

const swapFields = (fields: Fields, names: readonly string[], swap: Swap): Fields =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = fields[name];
      return typeof value === 'string' ? [[name, swap(value, false)]] : [];
    }),
  );

function swapMessage(message: ChatMessage, swap: Swap): ChatMessage {
  const isResult = message.role === 'tool' || message.role === 'function';
  const { content, tool_calls: calls } = message;
  return {
    ...message,
    ...swapFields(message, ['reasoning_content', 'refusal', 'name'], swap),
    ...(content == null ? {} : { content: swapContent(content, swap, isResult) }),
    ...(calls
      ? {
          tool_calls: calls.map((call) =>
            call.function
              ? { ...call, function: { ...call.function, arguments: swap(call.function.arguments, true) } }
              : call,
          ),
        }
      : {}),
  };
}

/** Every text of a request that people have written, or that came out of a tool. Always in the same order. */
function swapRequest(request: ChatRequest, swap: Swap): ChatRequest {
  const { metadata } = request;
  const prediction = request['prediction'] as { readonly content?: Content } | null | undefined;
  return {
    ...request,
    ...swapFields(request, ['user', 'safety_identifier', 'prompt_cache_key'], swap),
    ...(metadata ? { metadata: { ...metadata, ...swapFields(metadata, Object.keys(metadata), swap) } } : {}),
    ...(prediction?.content == null
      ? {}
      : { prediction: { ...prediction, content: swapContent(prediction.content, swap) } }),
    messages: request.messages.map((message) => swapMessage(message, swap)),
  };
}

/** A text that is JSON is looked at as what it says: its fields tell what they hold. */
function asLooked(text: string, isJson: boolean): Json {
  if (!isJson || !/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** The request as a model may see it. Kept before it is given, all of it in one go. */
export async function hideRequest(shield: Shield, request: ChatRequest): Promise<ChatRequest> {
  const found: Json[] = [];
  swapRequest(request, (text, isJson) => {
    found.push(asLooked(text, isJson));
    return text;
  });
  const hidden = await shield.tokenise(found, 'message');
  if (hidden === found || !Array.isArray(hidden)) return request;
  let at = 0;
  return swapRequest(request, (text) => {
    const [before, after] = [found[at], hidden[at]];
    at += 1;
    if (typeof after === 'string') return after;
    const json = JSON.stringify(after);
    return json === JSON.stringify(before) ? text : json;
  });
}

const NOTE =
  'Words such as [EMAIL_1] stand for private data. Use them exactly as they are, brackets included, in answers, calls and code: they are put back on their way out.';

const shows = (message: ChatMessage): boolean =>
  hasToken(textOf(message)) || (message.tool_calls ?? []).some((call) => hasToken(call.function?.arguments ?? ''));

/** A model that is told what tokens are as soon as it sees one. */
export const toldOfTokens = (model: Model): Model => ({
  target: model.target,
  list: (ctx) => model.list(ctx),
  complete(ctx, params, onDelta) {
    if (!params.messages.some(shows)) return model.complete(ctx, params, onDelta);
    const first = params.messages.findIndex(({ role }) => role !== 'system' && role !== 'developer');
    const at = first === -1 ? params.messages.length : first;
    const note: ChatMessage = { role: 'system', content: NOTE };
    const messages = [...params.messages.slice(0, at), note, ...params.messages.slice(at)];
    return model.complete(ctx, { ...params, messages }, onDelta);
  },
});
