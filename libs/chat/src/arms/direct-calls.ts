import { AppError, type Ctx, type DecisionId, type Json } from '@switchyard/kernel';
import { countTokens } from '@switchyard/ledger';
import type { Decision } from '@switchyard/policy';
import type { Gateway, ToolDescriptor } from '@switchyard/tools';

/** A call that the model made itself, as it is kept and reported. */
export interface DirectCall {
  readonly server: string;
  readonly tool: string;
  readonly status: string;
  readonly args: unknown;
  /** As it went to the model; null where there is none. */
  readonly value: Json;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly decision: Decision | null;
  readonly decisionId: DecisionId | null;
  readonly resultTokens: number;
  readonly resultBytes: number;
  readonly startedAt: Date;
  readonly durationMs: number;
}

export interface DirectCaller {
  readonly gateway: Pick<Gateway<Decision>, 'call'>;
  readonly now: () => Date;
  readonly record: (call: DirectCall) => void;
}

/** Carries out one native tool call. Its refusals and failures are answers for the model to act on. */
export async function callDirectly(
  ctx: Ctx,
  { server, name }: Pick<ToolDescriptor, 'server' | 'name'>,
  json: string,
  { gateway, now, record }: DirectCaller,
): Promise<string> {
  const startedAt = now();
  const began = performance.now();
  const args = argumentsOf(json);
  const done = (call: Pick<DirectCall, 'status' | 'value' | 'error' | 'decision'>, told: string): string => {
    record({
      server,
      tool: name,
      args: args ?? json,
      startedAt,
      durationMs: Math.round((performance.now() - began) * 100) / 100,
      decisionId: call.decision?.id ?? null,
      resultTokens: call.status === 'ok' ? countTokens(told).tokens : 0,
      resultBytes: call.status === 'ok' ? Buffer.byteLength(told) : 0,
      ...call,
    });
    return told;
  };
  const failed = (status: string, error: DirectCall['error'], decision: Decision | null): string =>
    done({ status, value: null, error, decision }, JSON.stringify({ error }));

  if (!args) {
    const error = { code: 'invalid_arguments', message: 'The arguments are not a JSON object: write them as one.' };
    return failed('invalid_arguments', error, null);
  }
  try {
    const outcome = await gateway.call(ctx, { server, tool: name }, args);
    const decision = outcome.decision ?? null;
    if (outcome.status === 'ok')
      return done({ status: 'ok', value: outcome.value, error: null, decision }, JSON.stringify(outcome.value));
    const { code, message, data } = outcome.error;
    const told = JSON.stringify({ error: { code, message, ...(data === undefined ? {} : { data }) } });
    return done({ status: outcome.status, value: null, error: { code, message }, decision }, told);
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    return failed('upstream_failed', { code: thrown.code, message: thrown.message }, null);
  }
}

function argumentsOf(json: string): Record<string, Json> | undefined {
  if (json.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(json);
    return parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)
      ? (parsed as Record<string, Json>)
      : undefined;
  } catch {
    return undefined;
  }
}
