import type { Experiments } from '@switchyard/experiments';
import { EVENTS, GEN_AI, type Tracing } from '@switchyard/telemetry';

const NO_TRACE = '0'.repeat(32);

/** What people and comparisons found of an answer, as an event once it is written. */
export const observedExperiments = (experiments: Experiments, tracing: Pick<Tracing, 'event'>): Experiments => ({
  ...experiments,
  async recordAccuracy(ctx, judgement) {
    const isWritten = await experiments.recordAccuracy(ctx, judgement);
    const { source, value } = judgement;
    if (isWritten)
      tracing.event({ traceId: NO_TRACE, ...ctx }, EVENTS.evaluation, {
        [GEN_AI.evaluationName]: 'accuracy',
        [GEN_AI.evaluationScore]: value,
        [GEN_AI.evaluationLabel]: source,
        'feature_flag.set.id': ctx.tenantId,
      });
    return isWritten;
  },
});
