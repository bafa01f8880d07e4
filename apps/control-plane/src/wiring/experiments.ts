import type { Assign, KillSignal, Observe, ReadFlags } from '@switchyard/chat';
import type { Experiments } from '@switchyard/experiments';
import type { Ctx } from '@switchyard/kernel';
import type { Env } from '../env.ts';

/** What chat is given of experiments. */
export interface ChatExperiments {
  readonly assign: Assign;
  readonly observe: Observe;
  readonly killSignal: KillSignal;
  readonly flags: ReadFlags;
  readonly complain: (ctx: Ctx, complaint: { readonly conversation: string }) => Promise<unknown>;
}

/** The operator's variables turn a part off for the whole installation; a tenant's flags for that tenant. */
export function chatExperiments(
  experiments: Experiments,
  env: Pick<Env, 'MCP_EXECUTION_ENABLED' | 'MCP_PROGRESSIVE_DISCLOSURE'>,
): ChatExperiments {
  return {
    assign: async (ctx, unit) =>
      env.MCP_EXECUTION_ENABLED
        ? experiments.assign(ctx, unit)
        : { arm: 'traditional', band: 'unmeasured', reason: 'flag_off', exposureId: null },
    observe(ctx, observation) {
      // an answer that the kill switch broke off tells nothing of the arm
      if (experiments.isKilled(ctx.tenantId)) return;
      // where the other arm had to answer, this one has failed, although the end user has an answer
      experiments.observe(ctx, { ...observation, error: observation.error || observation.fallback });
    },
    killSignal: (ctx) => experiments.killSignal(ctx),
    flags: async (ctx) => ({
      executionEnabled: env.MCP_EXECUTION_ENABLED && (await experiments.isOn(ctx, 'MCP_EXECUTION_ENABLED')),
      progressiveDisclosure:
        env.MCP_PROGRESSIVE_DISCLOSURE && (await experiments.isOn(ctx, 'MCP_PROGRESSIVE_DISCLOSURE')),
    }),
    complain: (ctx, complaint) => experiments.complain(ctx, complaint),
  };
}
