import type { Ctx } from '@switchyard/kernel';
import { GEN_AI, type Metrics, type Tracing } from '@switchyard/telemetry';
import type { GateDecision, Gateway } from '@switchyard/tools';

const OPERATION = 'execute_tool';
const EXECUTE = {
  name: [OPERATION],
  kind: 'internal',
  facts: { [GEN_AI.operation]: OPERATION, [GEN_AI.toolType]: 'function' },
} as const;

/** Every call of a tool, whoever makes it. A name that is no tool of the catalogue is nowhere told. */
export function observedGateway<D extends GateDecision>(
  gateway: Gateway<D>,
  { metrics, tracing }: { readonly metrics: Pick<Metrics, 'toolCall'>; readonly tracing: Pick<Tracing, 'span'> },
): Gateway<D> {
  return {
    toolsFor: (ctx) => gateway.toolsFor(ctx),
    call: (ctx, wanted, args, facts) =>
      tracing.span(ctx, EXECUTE, async (inner, span) => {
        const began = performance.now();
        try {
          const called = await gateway.call(inner, wanted, args, facts);
          const { tool, status: outcome, durationMs } = called;
          metrics.toolCall({ ...callerOf(ctx), tool, outcome, durationMs });
          if (tool) {
            span.named([OPERATION, tool.name]);
            span.set({ [GEN_AI.toolName]: tool.name, 'switchyard.server': tool.server });
          }
          if (outcome !== 'ok') span.failed(outcome);
          return called;
        } catch (error) {
          const durationMs = performance.now() - began;
          metrics.toolCall({ ...callerOf(ctx), tool: undefined, outcome: 'internal', durationMs });
          throw error;
        }
      }),
  };
}

export const callerOf = ({ tenantId, surface, arm }: Ctx): Pick<Ctx, 'tenantId' | 'surface' | 'arm'> => ({
  tenantId,
  surface,
  ...(arm ? { arm } : {}),
});
