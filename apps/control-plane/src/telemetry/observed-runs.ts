import type { Runs } from '@switchyard/runs';
import type { Tracing } from '@switchyard/telemetry';

/** A run as a span, with what it calls inside. One that goes on later, after a person decided, is of the same trace. */
export const observedRuns = (runs: Runs, tracing: Pick<Tracing, 'span'>): Runs => ({
  ...runs,
  execute: (ctx, request, sink) => {
    const { surface, tenantId, arm } = ctx;
    const facts = { 'switchyard.surface': surface, 'switchyard.tenant.id': tenantId, 'switchyard.arm': arm };
    return tracing.span(ctx, { name: ['run'], kind: 'internal', facts }, async (inner, span) => {
      const answer = await runs.execute(inner, request, sink);
      const { id, status, usage } = answer;
      span.set({ 'switchyard.run.id': id, 'switchyard.run.status': status, 'switchyard.sandbox.cpu_ms': usage.cpuMs });
      if (status !== 'done' && status !== 'awaiting_approval') span.failed(status);
      return answer;
    });
  },
});
