import type { Json } from '@switchyard/kernel';

const textOf = (block: Json): string | undefined =>
  typeof block === 'object' &&
  block !== null &&
  !Array.isArray(block) &&
  block['type'] === 'text' &&
  typeof block['text'] === 'string'
    ? block['text']
    : undefined;

/**
 * What code gets: the structured content; else the JSON that a single text holds, when it is an object or a list (a bare
 * `123` may be an article number and stays text); else that text; else the content blocks as they came.
 */
export function unwrap(content: readonly Json[], structured: Json | undefined): Unwrapped {
  if (structured !== undefined) return { value: structured };
  const [only] = content;
  if (only === undefined) return { value: null };
  const text = content.length === 1 ? textOf(only) : undefined;
  if (text === undefined) return { value: [...content] };
  const value = parseJson(text);
  if (value === undefined) return { value: text };
  return text.includes('\\u') ? { value } : { value, json: text };
}

export interface Unwrapped {
  readonly value: Json;
  /**
   * The value's JSON as it came, which saves making it again. Missing where characters are escaped by number: a secret
   * can be spelt so that masking, which looks for the forms that we write, would not see it.
   */
  readonly json?: string;
}

function parseJson(text: string): Json | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

const MAX_MESSAGE = 2_000;

/** The text of an answer that says it is an error. */
export function messageOfContent(content: readonly Json[], structured: Json | undefined): string {
  const texts = content.flatMap((block) => textOf(block) ?? []);
  const message = texts.length > 0 ? texts.join('\n') : JSON.stringify(structured ?? content);
  return message.trim().slice(0, MAX_MESSAGE) || 'The tool says that it failed, and nothing else.';
}

/** True of a "success" whose content says that it is none: the third way in which tools report errors. */
export function saysError(value: Json): boolean {
  if (typeof value === 'string') return /^\s*(error\b|(http )?[45]\d\d\b\s*[:-]?\s*[A-Z])/i.test(value.slice(0, 200));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  for (const key of ['status', 'statusCode', 'status_code', 'code']) {
    const code = value[key];
    if (typeof code === 'number' && code >= 400 && code < 600) return true;
  }
  const { error, success, ok } = value;
  if (typeof error === 'string' && error !== '') return true;
  if (typeof error === 'object' && error !== null) return true;
  return success === false || ok === false;
}
