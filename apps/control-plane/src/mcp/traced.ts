import type { SpanRef } from '@switchyard/kernel';
import { GEN_AI, MCP, type SpanStart } from '@switchyard/telemetry';
import { z } from 'zod';
import { parseTraceparent, type SwitchyardRequest } from '../http/request.ts';

const Traced = z.object({ params: z.object({ _meta: z.object({ traceparent: z.string() }) }) });
const Asked = z.object({ method: z.string(), params: z.object({ name: z.string().optional() }).optional() });

/** Whatever else a client writes is no part of a span's name. */
const METHODS: ReadonlySet<string> = new Set(['initialize', 'server/discover', 'ping', 'tools/list', 'tools/call']);
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

export function spanOf(body: unknown, remote: SpanRef | undefined): SpanStart {
  const asked = Asked.safeParse(body);
  const method = asked.success && METHODS.has(asked.data.method) ? asked.data.method : 'other';
  const given = asked.success ? asked.data.params?.name : undefined;
  const name = given !== undefined && TOOLS.has(given) ? given : undefined;
  const facts = { [MCP.method]: method, [GEN_AI.toolName]: name };
  return { name: name === undefined ? [method] : [method, name], kind: 'server', facts, remote };
}
