import { describe, expect, it } from '@jest/globals';
import type { Observation } from '@switchyard/chat';
import type { Experiments } from '@switchyard/experiments';
import { systemCtx, type TenantId } from '@switchyard/kernel';
import { chatExperiments } from './experiments.ts';

const ctx = systemCtx('0194e0a0-0000-7000-8000-000000000001' as TenantId);
const ENV = { MCP_EXECUTION_ENABLED: true, MCP_PROGRESSIVE_DISCLOSURE: true };

function told(over: Partial<Observation>, killed = false): unknown[] {
  const heard: unknown[] = [];
  const experiments = {
    isKilled: () => killed,
    observe: (_ctx: unknown, outcome: unknown) => void heard.push(outcome),
  } as unknown as Experiments;
  const usual: Observation = {
    exposureId: 'e',
    servedArm: 'traditional',
    fallback: null,
    error: false,
    latencyMs: 1,
    costMicros: null,
    promptTokens: 1,
    completionTokens: 1,
    segments: { intent: 'price', tools: [] },
  };
  chatExperiments(experiments, ENV).observe(ctx, { ...usual, ...over });
  return heard;
}

describe('what an experiment is told of an answer', () => {
  it('is as it was, with the intent that the app named', () => {
    expect(told({ servedArm: 'code' })).toMatchObject([
      { error: false, fallback: false, segments: { intent: 'price' } },
    ]);
    expect(told({ error: true })).toMatchObject([{ error: true, fallback: false }]);
  });

  it.each(['not_mended', 'crashed', 'unavailable'])(
    'counts an arm that was stood in for (%s) as failed',
    (fallback) => {
      expect(told({ fallback })).toMatchObject([{ error: true, fallback: true }]);
    },
  );

  it.each(['kill_switch', 'execution_disabled'])('is nothing where a switch took it off code (%s)', (fallback) => {
    expect(told({ fallback })).toEqual([]); // also when the switch has been released by now
    expect(told({}, true)).toEqual([]);
  });
});
