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

/** Fallbacks that people have asked for. */
const SWITCHED_OFF: ReadonlySet<string> = new Set(['kill_switch', 'execution_disabled']);

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
    observe(ctx, { fallback, ...observation }) {
      // an answer that a switch took off code tells nothing of the arm, whether or not it is back on by now
      if (experiments.isKilled(ctx.tenantId) || (fallback !== null && SWITCHED_OFF.has(fallback))) return;
      // where the other arm had to answer, this one has failed, although the end user has an answer
      const failed = fallback !== null;
      experiments.observe(ctx, { ...observation, fallback: failed, error: observation.error || failed });
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
