import type { Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import { storableText } from '../storable.ts';
import { insertCounterfactual } from './counterfactual.store.ts';
import type { ModelCallInput, RecordedCost } from './model-call.ts';
import type { KnownPrice } from './price-book.ts';
import { possibleUsage, price } from './price.ts';

const whole = (ms: number): number => Math.min(Math.max(Math.round(ms), 0), 2_147_483_647) || 0;
const text = (value: string | null | undefined): string | null => (value == null ? null : storableText(value));

/** Gives undefined for a call that is on record already. */
export async function insertModelCall(
  tx: Tx,
  ctx: Ctx,
  { call, known }: { call: ModelCallInput; known: KnownPrice | undefined },
): Promise<RecordedCost | undefined> {
  const { usage, changed } = possibleUsage(call.usage);
  const cost: RecordedCost = known
    ? { costMicros: price(usage, known), priceId: known.id }
    : { costMicros: null, priceId: null };
  const { count } = await tx.modelCall.createMany({
    data: {
      ...usage,
      ...cost,
      id: call.id,
      tenantId: ctx.tenantId,
      conversation: text(call.conversation),
      runId: call.runId ?? null,
      arm: call.arm,
      purpose: call.purpose,
      provider: storableText(call.provider),
      model: storableText(call.model),
      scripted: call.scripted,
      usageEstimated: call.usageEstimated || changed,
      status: call.status,
      errorCode: text(call.errorCode),
      traceId: storableText(ctx.traceId),
      startedAt: call.startedAt,
      durationMs: whole(call.durationMs),
      firstTokenMs: call.firstTokenMs === null ? null : whole(call.firstTokenMs),
    },
    skipDuplicates: true,
  });
  if (count === 0) return undefined;
  // Shadow answers and comparisons are experiments: no traffic was saved by them.
  if (call.counterfactual && call.purpose === 'chat') {
    const { id, arm, purpose, conversation, provider, model, scripted, startedAt: at } = call;
    const of = { id, at, kind: 'answer' as const, arm, purpose, conversation, provider, model, scripted };
    await insertCounterfactual(tx, ctx, { of: { ...of, price: known ?? null }, is: call.counterfactual });
  }
  return cost;
}

export async function readCost(tx: Tx, id: string): Promise<RecordedCost> {
  const row = await tx.modelCall.findFirst({ where: { id }, select: { costMicros: true, priceId: true } });
  return row ?? { costMicros: null, priceId: null };
}
