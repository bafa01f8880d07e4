import { AppError, type Ctx, type DecisionId, type Json } from '@switchyard/kernel';
import { countTokens } from '@switchyard/ledger';
import type { Decision } from '@switchyard/policy';
import type { Approvals, Gateway, GatewayCall, ToolDescriptor } from '@switchyard/tools';

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

/** People who can be asked, and how long one answer waits for them. */
export type WaitedFor = Pick<Approvals, 'ask' | 'decided'> & { readonly waitMs: number };

export interface DirectCaller {
  readonly gateway: Pick<Gateway<Decision>, 'call'>;
  readonly approvals?: WaitedFor | undefined;
  /** Which calls of this answer were of a tool, by `server.tool`. */
  readonly made: Map<string, Set<object>>;
  readonly now: () => Date;
  readonly record: (call: DirectCall) => void;
}

/** Carries out one native tool call. Its refusals and failures are answers for the model to act on. */
export async function callDirectly(
  ctx: Ctx,
  { server, name }: Pick<ToolDescriptor, 'server' | 'name'>,
  json: string,
  { gateway, approvals, made, now, record }: DirectCaller,
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
    const call = {};
    const earlier = (address: string): number => {
      const calls = made.get(address) ?? new Set();
      made.set(address, calls.add(call));
      return calls.size - 1;
    };
    const make = (approvalId?: string): Promise<GatewayCall<Decision>> =>
      gateway.call(ctx, { server, tool: name }, args, { earlier, approvalId });
    const first = await make();
    const outcome =
      first.status === 'approval_needed' && approvals ? await approved(ctx, first, { args, approvals, make }) : first;
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

/** Waits for people as long as an answer can; what they grant later counts when the model makes the same call again. */
async function approved(
  ctx: Ctx,
  needed: GatewayCall<Decision>,
  {
    args,
    approvals,
    make,
  }: {
    readonly args: Readonly<Record<string, Json>>;
    readonly approvals: WaitedFor;
    readonly make: (approvalId: string) => Promise<GatewayCall<Decision>>;
  },
): Promise<GatewayCall<Decision>> {
  const { tool, decision, durationMs } = needed;
  const wanted = decision?.obligations.approval;
  if (!tool || !decision || !wanted) return needed;
  const asked = await approvals.ask(ctx, {
    tool,
    args,
    whole: 'whole' in needed ? needed.whole : undefined,
    wanted,
    decisionId: decision.id,
    policyRevision: decision.revision,
  });
  const enough = AbortSignal.timeout(approvals.waitMs);
  const approval = await approvals
    .decided(ctx, asked.id, AbortSignal.any([ctx.signal, enough]))
    .catch((error: unknown) => {
      if (ctx.signal.aborted || !enough.aborted) throw error;
      return asked;
    });
  if (approval.status === 'granted') return make(approval.id);
  const name = `${tool.server}.${tool.name}`;
  const refused = {
    pending: {
      code: 'awaiting_approval',
      message: `A person has to approve ${name} first; it has not been called. Tell the user so. Once it is approved, the same call with the same arguments goes through.`,
    },
    expired: { code: 'approval_expired', message: `Nobody decided on ${name} in time, so it was not called.` },
  } as const;
  const error =
    approval.status === 'pending' || approval.status === 'expired'
      ? refused[approval.status]
      : { code: 'approval_denied', message: `${approval.decidedBy ?? 'A person'} denied this call of ${name}.` };
  return { tool, decision, durationMs, status: 'denied', error };
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
