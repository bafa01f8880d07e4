import { z } from 'zod';
import { matchQuestion } from './match-question.ts';
import type { CallResult, Matched } from './skill.ts';

/** What the scripted model reads of a request. */
export const ScriptedRequest = z.looseObject({
  messages: z.array(
    z.looseObject({
      role: z.string(),
      content: z.unknown().optional(),
      tool_calls: z
        .array(z.looseObject({ function: z.looseObject({ name: z.string(), arguments: z.string() }).optional() }))
        .nullish(),
    }),
  ),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }).optional() })).nullish(),
  response_format: z.looseObject({ type: z.string() }).nullish(),
});
export type ScriptedRequest = z.infer<typeof ScriptedRequest>;

export type ScriptedReply =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'calls'; readonly calls: readonly { readonly name: string; readonly arguments: string }[] };

const text = (said: string): ScriptedReply => ({ kind: 'text', text: said });
const calls = (...wanted: readonly { name: string; args: object }[]): ScriptedReply => ({
  kind: 'calls',
  calls: wanted.map(({ name, args }) => ({ name, arguments: JSON.stringify(args) })),
});

const HELLO =
  'Hello! I am a scripted stand-in, not a language model: this Switchyard has no model key. I answer questions about the demo catalogue of industrial parts, such as "How much does the A4VTG90 cost?"';
const WELCOME = 'You are welcome. (This is the scripted stand-in, not a language model.)';
const UNKNOWN =
  'I am a scripted stand-in, not a language model, and know only questions about the demo catalogue of industrial parts: SKUs, categories, prices, stock. Set OPENAI_API_KEY for a real model.';
const NO_TOOLS =
  'I am a scripted stand-in and can look nothing up: no tool of the product search is granted to this caller.';

const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : Array.isArray(content)
      ? content
          .map((part: unknown) => (part && typeof part === 'object' && 'text' in part ? String(part.text) : ''))
          .join(' ')
      : '';

/** Deterministic: the same messages give the same reply. What is said of the catalogue is computed from the tools' results. */
export function reply(request: ScriptedRequest): ScriptedReply {
  const { messages } = request;
  const asked = messages.findLastIndex(({ role }) => role === 'user');
  const question = textOf(messages[asked]?.content).slice(0, 2_000);
  const said = answerOf(question, request, messages.slice(asked + 1));
  return said.kind === 'text' && (request.response_format?.type ?? 'text') !== 'text'
    ? text(JSON.stringify({ answer: said.text, scripted: true }))
    : said;
}

function answerOf(question: string, request: ScriptedRequest, since: ScriptedRequest['messages']): ScriptedReply {
  const names = new Set((request.tools ?? []).flatMap((tool) => tool.function?.name ?? []));
  if (/^\W*(thanks|thank you|bye)/i.test(question)) return text(WELCOME);
  const matched = matchQuestion(question);
  if (!matched) return text(/^\W*(hello|hi|hey|good (morning|day|evening))\b/i.test(question) ? HELLO : UNKNOWN);
  const results = since.filter(({ role }) => role === 'tool').map(({ content }) => textOf(content));
  const hasCode = names.has('execute_code');
  const hasDirect = [...names].some((name) => name.startsWith(`${matched.server}__`));
  // The hybrid arm's prompt: direct tools for small things, code for the rest.
  if (hasCode && (!hasDirect || matched.heavy)) return byCode(matched, since, results, names.has('search_tools'));
  if (hasDirect) return byTools(matched, results);
  return results.length > 0 ? text(lastWord(matched, results)) : text(NO_TOOLS);
}

function byCode(
  matched: Matched,
  since: ScriptedRequest['messages'],
  results: readonly string[],
  canSearch: boolean,
): ScriptedReply {
  const called = since.flatMap((message) => (message.tool_calls ?? []).flatMap((call) => call.function?.name ?? []));
  if (canSearch && !called.includes('search_tools'))
    return calls({ name: 'search_tools', args: { query: matched.searchFor, detail_level: 'full', limit: 3 } });
  const run = called.includes('execute_code') ? jsonOf(results.at(-1) ?? '') : undefined;
  if (run === undefined) return calls({ name: 'execute_code', args: { code: matched.code } });
  const { status, result, error, findings } = (run ?? {}) as Record<string, unknown>;
  const answer = status === 'done' ? matched.sayOfReturned(result) : undefined;
  return text(
    answer ?? `The code could not be run (${String(status)}): ${JSON.stringify(error ?? findings ?? result ?? null)}`,
  );
}

function byTools(matched: Matched, results: readonly string[]): ScriptedReply {
  const parsed = results.map(toResult);
  const next = matched.plan(parsed);
  if (next.length > 0) return calls(...next.map(({ tool, args }) => ({ name: `${matched.server}__${tool}`, args })));
  return text(lastWord(matched, results));
}

const lastWord = (matched: Matched, results: readonly string[]): string => {
  const parsed = results.map(toResult);
  const problems = parsed.flatMap((result) => (result.ok ? [] : [result.message]));
  try {
    return parsed.some(({ ok }) => ok) || problems.length === 0 ? matched.sayOfResults(parsed) : problems.join('\n');
  } catch {
    return `The tools gave something else than the script expects: ${results.join(' ').slice(0, 300)}`;
  }
};

const jsonOf = (content: string): unknown => {
  try {
    return JSON.parse(content) as unknown;
  } catch {
    return { status: 'unreadable', result: content.slice(0, 300) };
  }
};

const Refused = z.strictObject({ error: z.looseObject({ message: z.string() }) });
function toResult(content: string): CallResult {
  const value = jsonOf(content);
  const refused = Refused.safeParse(value);
  return refused.success ? { ok: false, message: refused.data.error.message } : { ok: true, value };
}
