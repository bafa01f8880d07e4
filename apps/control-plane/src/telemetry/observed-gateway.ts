import type { Ctx } from '@switchyard/kernel';
import type { Metrics } from '@switchyard/telemetry';
import type { GateDecision, Gateway } from '@switchyard/tools';

/** Every call of a tool, whoever makes it. A name that is no tool of the catalogue is nowhere told. */
export function observedGateway<D extends GateDecision>(
  gateway: Gateway<D>,
  metrics: Pick<Metrics, 'toolCall'>,
): Gateway<D> {
  return {
    toolsFor: (ctx) => gateway.toolsFor(ctx),
    async call(ctx, wanted, args, facts) {
      const began = performance.now();
      try {
        const called = await gateway.call(ctx, wanted, args, facts);
        const { tool, status: outcome, durationMs } = called;
        metrics.toolCall({ ...callerOf(ctx), tool, outcome, durationMs });
        return called;
      } catch (error) {
        const durationMs = performance.now() - began;
        metrics.toolCall({ ...callerOf(ctx), tool: undefined, outcome: 'internal', durationMs });
        throw error;
      }
    },
  };
}

export const callerOf = ({ tenantId, surface, arm }: Ctx): Pick<Ctx, 'tenantId' | 'surface' | 'arm'> => ({
  tenantId,
  surface,
  ...(arm ? { arm } : {}),
});
