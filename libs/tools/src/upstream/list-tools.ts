import type { Client } from '@modelcontextprotocol/client';
import { z } from 'zod';

/** As the upstream described it; schemas are objects, but otherwise as they came. */
export interface ListedTool {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly category?: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations: Annotations;
  /** Why it cannot be used, in words for the admin. */
  readonly problem?: string;
}

/** The upstream's claims; hints, never a reason to allow. */
export interface Annotations {
  readonly title?: string;
  readonly readOnlyHint?: boolean;
  readonly destructiveHint?: boolean;
  readonly idempotentHint?: boolean;
  readonly openWorldHint?: boolean;
}

export interface Listing {
  readonly tools: readonly ListedTool[];
  /** What was left out because it has no usable name or came twice, or because a bound was reached. */
  readonly problems: readonly string[];
}

export const LIST_BOUNDS = { pages: 50, tools: 2_000, definitionBytes: 262_144, totalBytes: 16_777_216 } as const;

const page = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().optional().catch(undefined) });
const named = z.looseObject({ name: z.string().min(1).max(256) });
const flag = z.boolean().optional().catch(undefined);
const annotations = z
  .object({
    title: z.string().optional().catch(undefined),
    readOnlyHint: flag,
    destructiveHint: flag,
    idempotentHint: flag,
    openWorldHint: flag,
  })
  .catch({});
const CATEGORY_KEY = 'switchyard/category';

/**
 * Lists page by page with a lenient schema: the SDK's own `listTools` throws for all tools when one is malformed (seen:
 * an inputSchema without `type`). Each tool is judged by itself, and a bad one is kept, with its problem.
 */
export async function listTools(client: Client, options: { signal: AbortSignal; timeout: number }): Promise<Listing> {
  const tools = new Map<string, ListedTool>();
  const problems: string[] = [];
  let bytes = 0;
  let cursor: string | undefined;
  for (let pages = 0; pages < LIST_BOUNDS.pages; pages++) {
    const params = cursor === undefined ? {} : { cursor };
    const answer = await client.request({ method: 'tools/list', params }, page, options);
    for (const raw of answer.tools) {
      const size = JSON.stringify(raw)?.length ?? 0;
      bytes += size;
      if (tools.size >= LIST_BOUNDS.tools || bytes > LIST_BOUNDS.totalBytes) {
        problems.push(`It lists more than ${LIST_BOUNDS.tools} tools or 16 MB: the rest is left out.`);
        return { tools: [...tools.values()], problems };
      }
      const tool = judge(raw, size);
      if (tool === undefined) problems.push('A tool without a usable name was left out.');
      else if (tools.has(tool.name)) problems.push(`"${tool.name}" is listed twice: the first one counts.`);
      else tools.set(tool.name, tool);
    }
    if (answer.nextCursor === undefined || answer.nextCursor === cursor)
      return { tools: [...tools.values()], problems };
    cursor = answer.nextCursor;
  }
  problems.push(`Its list has more than ${LIST_BOUNDS.pages} pages: the rest is left out.`);
  return { tools: [...tools.values()], problems };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Undefined when it cannot even be stored. */
export function judge(raw: unknown, bytes: number): ListedTool | undefined {
  const parsed = named.safeParse(raw);
  if (!parsed.success) return undefined;
  const { name, title, description, inputSchema, outputSchema, _meta: meta } = parsed.data;
  const category = isObject(meta) ? meta[CATEGORY_KEY] : undefined;
  const base = {
    name,
    ...(typeof title === 'string' && title !== '' ? { title } : {}),
    description: typeof description === 'string' ? description : '',
    ...(typeof category === 'string' && category !== '' ? { category } : {}),
    annotations: dropUndefined(annotations.parse(parsed.data['annotations'] ?? {})),
  };
  if (bytes > LIST_BOUNDS.definitionBytes)
    return {
      ...base,
      inputSchema: {},
      problem: `Its definition has ${bytes} bytes; ${LIST_BOUNDS.definitionBytes} are allowed.`,
    };
  const problem = inputProblem(inputSchema);
  return {
    ...base,
    inputSchema: isObject(inputSchema) ? inputSchema : {},
    ...(isObject(outputSchema) ? { outputSchema } : {}),
    ...(problem === undefined ? {} : { problem }),
  };
}

function inputProblem(schema: unknown): string | undefined {
  if (!isObject(schema)) return 'It has no inputSchema, which MCP requires.';
  if (schema['type'] === 'object') return undefined;
  return schema['type'] === undefined
    ? 'Its inputSchema has no "type": MCP requires "object". Its publisher has to mend it.'
    : 'The "type" of its inputSchema is not "object", as MCP requires.';
}

const dropUndefined = (value: Annotations): Annotations =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
