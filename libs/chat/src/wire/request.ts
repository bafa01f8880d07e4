import { AppError } from '@switchyard/kernel';
import { z } from 'zod';

const MAX_MESSAGES = 2_000;
const MAX_CHOICES = 8;
const MAX_TOOLS = 128;

const ToolCall = z.looseObject({
  id: z.string(),
  type: z.string().default('function'),
  function: z.looseObject({ name: z.string(), arguments: z.string() }).optional(),
});
const Part = z.looseObject({ type: z.string() });
const Content = z.union([z.string(), z.array(Part)]).nullish();

export const ChatMessage = z.looseObject({
  role: z.enum(['developer', 'system', 'user', 'assistant', 'tool', 'function']),
  content: Content,
  tool_calls: z.array(ToolCall).nullish(),
  tool_call_id: z.string().optional(),
});
/** A message in OpenAI's form; fields that we do not know travel along. */
export type ChatMessage = z.infer<typeof ChatMessage>;

const FunctionTool = z.looseObject({
  type: z.string(),
  function: z.looseObject({ name: z.string().min(1).max(64) }).optional(),
});

/**
 * What we look at of OpenAI's request. Everything else (temperature, stop, seed, response_format's schema, …) goes to the
 * model's endpoint as it came, which judges it.
 */
export const ChatRequest = z.looseObject({
  model: z.string().max(200).optional(),
  messages: z.array(ChatMessage).min(1).max(MAX_MESSAGES),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  tools: z.array(FunctionTool).max(MAX_TOOLS).nullish(),
  n: z.number().int().min(1).max(MAX_CHOICES).nullish(),
  response_format: z.looseObject({ type: z.string() }).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  user: z.string().nullish(),
});
export type ChatRequest = z.infer<typeof ChatRequest>;

/** Throws AppError `invalid_request` with the field's path in `details.param`, as OpenAI names it. */
export function parseChatRequest(body: unknown): ChatRequest {
  const parsed = ChatRequest.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const param = (first?.path ?? []).reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : path === '' ? String(key) : `${path}.${String(key)}`),
    '',
  );
  throw new AppError(
    'invalid_request',
    `${param === '' ? 'The body' : `'${param}'`}: ${first?.message ?? 'not acceptable'}`,
    {
      param: param === '' ? null : param,
    },
  );
}

/** The conversation that the app names in `metadata.conversation_id`. */
export function conversationOf(request: Pick<ChatRequest, 'metadata'>): string | undefined {
  const id = request.metadata?.['conversation_id'];
  return typeof id === 'string' && id !== '' ? id.slice(0, 200) : undefined;
}

/** The app has asked for JSON. */
export const isJson = ({ response_format: format }: Pick<ChatRequest, 'response_format'>): boolean =>
  (format?.type ?? 'text') !== 'text';

/** What the app says that its user wants (`metadata.intent`), by which an experiment is shown in parts. */
export function intentOf(request: Pick<ChatRequest, 'metadata'>): string | undefined {
  const intent = request.metadata?.['intent'];
  return typeof intent === 'string' && intent.trim() !== '' ? intent.trim().slice(0, 100) : undefined;
}

/** The text of a message; parts that are no text are named in brackets. */
export function textOf(message: Pick<ChatMessage, 'content'>): string {
  const { content } = message;
  if (typeof content === 'string') return content;
  return (content ?? [])
    .map((part) => {
      const text = part['text'];
      return typeof text === 'string' ? text : `[${part.type}]`;
    })
    .join('\n');
}

/** What the app has sent since the last answer. */
export function newsOf(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const last = messages.findLastIndex((message) => message.role === 'assistant');
  return messages.slice(last + 1).filter((message) => message.role === 'user' || message.role === 'tool');
}
