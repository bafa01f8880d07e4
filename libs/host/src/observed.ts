import type { Policy } from '@switchyard/policy';
import type { Metrics } from '@switchyard/telemetry';
import { UpstreamFailure, type Trip } from '@switchyard/tools';

export type HostMetrics = Pick<Metrics, 'alert' | 'decision' | 'upstream'>;

/** Every decision on a call, and every look ahead before code runs. */
export const observedDecide =
  ({ decide }: Pick<Policy, 'decide'>, metrics: HostMetrics): Policy['decide'] =>
  async (ctx, question) => {
    const decision = await decide(ctx, question);
    const { effect, enforced, durationUs } = decision;
    metrics.decision({ effect, enforced, purpose: question.purpose, durationMs: durationUs / 1_000 });
    return decision;
  };

/** Calls as they go to upstreams: without what policy, approvals and masking take. */
export const observedTrip =
  (metrics: HostMetrics): Trip =>
  async (ctx, { server }, call) => {
    const began = performance.now();
    const ended = (error?: string): void => metrics.upstream({ server, error, durationMs: performance.now() - began });
    try {
      const answer = await call(ctx);
      ended(answer.kind === 'error' ? 'tool_error' : undefined);
      return answer;
    } catch (thrown) {
      ended(thrown instanceof UpstreamFailure ? thrown.code : 'internal');
      throw thrown;
    }
  };
