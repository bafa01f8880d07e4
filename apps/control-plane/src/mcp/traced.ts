import type { SpanRef } from '@switchyard/kernel';
import { GEN_AI, MCP, MCP_METHODS, type SpanStart } from '@switchyard/telemetry';
import { z } from 'zod';
import { parseTraceparent, type SwitchyardRequest } from '../http/request.ts';

const Traced = z.object({ params: z.object({ _meta: z.object({ traceparent: z.string() }) }) });
const Asked = z.object({ method: z.string(), params: z.object({ name: z.string().optional() }).optional() });

const TOOLS: ReadonlySet<string> = new Set([
  'search_tools',
  'describe_tools',
  'execute_code',
  'list_skills',
  'save_skill',
]);

/**
 * The trace that a client names in the message itself (`params._meta.traceparent`), which comes before the one of the
 * HTTP request: proxies on the way write headers, and messages they leave alone. Gives the client's span.
 */
export function adoptTrace(request: Pick<SwitchyardRequest, 'body' | 'traceId' | 'span'>): SpanRef | undefined {
  const asked = Traced.safeParse(request.body);
  const parsed = asked.success ? parseTraceparent(asked.data.params._meta.traceparent) : undefined;
  if (!parsed) return undefined;
  request.traceId = parsed.traceId;
  request.span = parsed.span;
  return parsed.span;
}

/** What a message asks for; whatever else a client writes is no part of a name. */
export function askedOf(body: unknown): { readonly method: string; readonly tool: string | undefined } {
  const asked = Asked.safeParse(body);
  if (!asked.success) return { method: 'other', tool: undefined };
  const { method: given, params } = asked.data;
  const method = MCP_METHODS.find((known) => known === given) ?? 'other';
  return { method, tool: params?.name !== undefined && TOOLS.has(params.name) ? params.name : undefined };
}

export function spanOf({ method, tool: name }: ReturnType<typeof askedOf>, remote: SpanRef | undefined): SpanStart {
  const facts = { [MCP.method]: method, [GEN_AI.toolName]: name };
  return { name: name === undefined ? [method] : [method, name], kind: 'server', facts, remote };
}
