import { newId, type Clock, type Ctx } from '@switchyard/kernel';
import { announce, type Database, type Tx } from '@switchyard/database';
import { appendAudit } from '../audit/audit.store.ts';
import { costOf, fromRow } from './counterfactual.store.ts';
import { findPrice, type KnownPrice } from './price-book.ts';
import { price } from './price.ts';
import { readAccepted } from './prices.store.ts';
import { addSpend, monthOf } from './spend.store.ts';

export interface RepriceSpan {
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly provider?: string;
  readonly model?: string;
}

export interface Repriced {
  /** Calls that were looked at. */
  readonly calls: number;
  /** Of those, the ones whose cost or price is another now. */
  readonly corrected: number;
  /** What the span's calls cost more now, in micro-dollars; negative: less. */
  readonly differenceMicros: bigint;
}

const BATCH = 2_000;

interface Batch extends Repriced {
  readonly lastId: string | undefined;
}

/** A call keeps the order of its id, so that a batch goes on where the one before ended. */
async function repriceBatch(
  tx: Tx,
  ctx: Ctx,
  { span, after, clock }: { span: RepriceSpan; after: string | undefined; clock: Clock },
): Promise<Batch> {
  const { from, to, provider, model } = span;
  const own = await readAccepted(tx);
  const calls = await tx.modelCall.findMany({
    where: {
      startedAt: { gte: from, lt: to },
      scripted: false,
      ...(provider ? { provider } : {}),
      ...(model ? { model } : {}),
      ...(after === undefined ? {} : { id: { gt: after } }),
    },
    orderBy: { id: 'asc' },
    take: BATCH,
  });
  const changed = calls.flatMap((call) => {
    const found = findPrice(own, { provider: call.provider, model: call.model, at: call.startedAt });
    const now = { costMicros: found ? price(call, found) : null, priceId: found?.id ?? null };
    return now.costMicros === call.costMicros && now.priceId === call.priceId ? [] : [{ call, found, now }];
  });
  const months = new Map<string, bigint>();
  for (const { call, now } of changed) {
    const month = monthOf(call.startedAt);
    months.set(month, (months.get(month) ?? 0n) + (now.costMicros ?? 0n) - (call.costMicros ?? 0n));
  }
  // In the order in which everybody takes these locks: months, rows, the chain's head.
  for (const [month, difference] of [...months].sort()) await addSpend(tx, ctx, month, difference);
  if (changed.length > 0) {
    const at = clock.now();
    await tx.costCorrection.createMany({
      data: changed.map(({ call, now }) => ({
        id: newId(at.getTime()),
        tenantId: ctx.tenantId,
        modelCallId: call.id,
        at,
        previousMicros: call.costMicros,
        previousPriceId: call.priceId,
        ...now,
        correctedBy: ctx.principal.name,
      })),
    });
    await tx.$executeRaw`
      UPDATE model_call SET cost_micros = now.cost, price_id = now.price
      FROM unnest(${changed.map(({ call }) => call.id)}::uuid[], ${changed.map(({ now }) => now.costMicros)}::bigint[],
                  ${changed.map(({ now }) => now.priceId)}::text[]) AS now (id, cost, price)
      WHERE model_call.id = now.id`;
    await repriceAnswers(tx, new Map(changed.map(({ call, found }) => [call.id, found])));
  }
  return {
    calls: calls.length,
    corrected: changed.length,
    differenceMicros: [...months.values()].reduce((sum, one) => sum + one, 0n),
    lastId: calls.length === BATCH ? calls.at(-1)?.id : undefined,
  };
}

/** Both sides of an answer's comparison by the same price. */
async function repriceAnswers(tx: Tx, found: ReadonlyMap<string, KnownPrice | undefined>): Promise<void> {
  const rows = await tx.counterfactual.findMany({ where: { id: { in: [...found.keys()] } } });
  for (const row of rows) {
    const at = found.get(row.id) ?? null;
    await tx.counterfactual.updateMany({
      where: { id: row.id },
      data: {
        usedCostMicros: costOf((row.used as number[][]).map(fromRow), at),
        otherCostMicros: costOf((row.turns as number[][]).map(fromRow), at),
        priceId: at?.id ?? null,
      },
    });
  }
}

/** In batches, each whole or not at all; run again, it goes on with what is left. */
export async function reprice(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  { span, clock }: { span: RepriceSpan; clock: Clock },
): Promise<Repriced> {
  let total: Repriced = { calls: 0, corrected: 0, differenceMicros: 0n };
  let after: string | undefined;
  do {
    const batch = await database.inTenant(
      ctx,
      async (tx) => {
        const done = await repriceBatch(tx, ctx, { span, after, clock });
        if (done.corrected > 0) {
          const { calls, corrected, differenceMicros } = done;
          const target = { kind: 'tenant', id: ctx.tenantId };
          const after = { ...span, calls, corrected, differenceMicros: String(differenceMicros) };
          await appendAudit(tx, ctx, { action: 'usage.repriced', target, after }, clock);
          await announce(tx, ctx.tenantId, 'money');
        }
        return done;
      },
      { timeoutMs: 60_000 },
    );
    total = {
      calls: total.calls + batch.calls,
      corrected: total.corrected + batch.corrected,
      differenceMicros: total.differenceMicros + batch.differenceMicros,
    };
    after = batch.lastId;
  } while (after !== undefined && !ctx.signal.aborted);
  return total;
}
