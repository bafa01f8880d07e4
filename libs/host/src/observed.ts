import type { Policy } from '@switchyard/policy';
import { GEN_AI, MCP, type Metrics, type Tracing } from '@switchyard/telemetry';
import { UpstreamFailure, type Trip } from '@switchyard/tools';

export interface HostTelemetry {
  readonly metrics: Pick<Metrics, 'alert' | 'decision' | 'upstream'>;
  readonly tracing: Pick<Tracing, 'span'>;
}

/** Every decision on a call, and every look ahead before code runs. */
export const observedDecide =
  ({ decide }: Pick<Policy, 'decide'>, { metrics, tracing }: HostTelemetry): Policy['decide'] =>
  (ctx, question) =>
    tracing.span(ctx, { name: ['policy'], kind: 'internal' }, async (inner, span) => {
      const decision = await decide(inner, question);
      const { effect, enforced, durationUs } = decision;
      const { purpose } = question;
      metrics.decision({ effect, enforced, purpose, durationMs: durationUs / 1_000 });
      span.set({
        'switchyard.policy.effect': effect,
        'switchyard.policy.enforced': enforced,
        'switchyard.policy.purpose': purpose,
      });
      return decision;
    });

const METHOD = 'tools/call';

/** Calls as they go to upstreams: without what policy, approvals and masking take. */
export const observedTrip =
  ({ metrics, tracing }: HostTelemetry): Trip =>
  (ctx, { server, name }, call) => {
    const facts = { [MCP.method]: METHOD, [GEN_AI.toolName]: name, 'switchyard.server': server };
    return tracing.span(ctx, { name: [METHOD, name], kind: 'client', facts }, async (inner, span) => {
      const began = performance.now();
      const ended = (error?: string): void => {
        metrics.upstream({ server, error, durationMs: performance.now() - began });
        if (error !== undefined) span.failed(error);
      };
      try {
        const answer = await call(inner);
        ended(answer.kind === 'error' ? 'tool_error' : undefined);
        return answer;
      } catch (thrown) {
        ended(thrown instanceof UpstreamFailure ? thrown.code : 'internal');
        throw thrown;
      }
    });
  };
