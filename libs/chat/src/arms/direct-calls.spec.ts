import { describe, expect, it } from '@jest/globals';
import { systemCtx, type TenantId } from '@switchyard/kernel';
import type { Decision } from '@switchyard/policy';
import type { Approval, CallFacts, GatewayCall, ToolDescriptor } from '@switchyard/tools';
import { callDirectly, type DirectCall } from './direct-calls.ts';

const ctx = systemCtx('01890000-0000-7000-8000-000000000000' as TenantId);
const tool = { server: 'shop', name: 'refund' } as ToolDescriptor;
const decision = {
  id: 'd',
  revision: 3,
  obligations: { maskFields: [], rowCap: null, callCap: null, approval: { persons: 1, minutes: 5, reasons: ['why'] } },
} as unknown as Decision;

/** A tool that needs an approval, and people who come to say something, or do not. */
async function call(status: Approval['status'], waitMs = 5_000) {
  const made: (string | undefined)[] = [];
  const records: DirectCall[] = [];
  const told = await callDirectly(ctx, tool, '{"amount":1}', {
    gateway: {
      call: async (_ctx, _tool, _args, facts?: CallFacts): Promise<GatewayCall<Decision>> => {
        made.push(facts?.approvalId);
        if (facts?.approvalId === 'a')
          return { status: 'ok', value: { refunded: 1 }, bytes: 14, flags: [], durationMs: 1, tool, decision };
        const error = { code: 'approval_needed', message: 'needed' };
        return { status: 'approval_needed', error, tool, decision, durationMs: 1 };
      },
    },
    approvals: {
      waitMs,
      ask: async () => ({ id: 'a', status: 'pending', decidedBy: null }) as Approval,
      decided: (_ctx, id, signal) =>
        status === 'pending'
          ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
          : Promise.resolve({ id, status, decidedBy: 'Ada' } as Approval),
    },
    made: new Map(),
    now: () => new Date(),
    record: (one) => records.push(one),
  });
  return { told: JSON.parse(told), made, record: records[0] };
}

describe("a model's own call that needs an approval", () => {
  it('is made when a person grants it while the answer waits', async () => {
    expect(await call('granted')).toMatchObject({
      told: { refunded: 1 },
      made: [undefined, 'a'],
      record: { status: 'ok' },
    });
  });

  it('is not made when a person denies it', async () => {
    expect(await call('denied')).toMatchObject({
      told: { error: { code: 'approval_denied', message: expect.stringContaining('Ada denied') } },
      made: [undefined],
      record: { status: 'denied' },
    });
  });

  it('tells the model when nobody has decided yet, and waits no longer than an answer may', async () => {
    expect(await call('pending', 20)).toMatchObject({
      told: { error: { code: 'awaiting_approval', message: expect.stringContaining('Tell the user so') } },
      made: [undefined],
    });
  });
});
