import { AppError, isUuid, newId, type Ctx } from '@switchyard/kernel';
import type { Prisma, Tx } from '@switchyard/database';
import { z } from 'zod';
import type { KnownPrice } from './price-book.ts';
import type { PriceTier } from './price.ts';

export type PriceStatus = 'accepted' | 'pending' | 'rejected';

export interface Price extends KnownPrice {
  readonly sourceUrl: string;
  readonly sourceDate: Date;
  readonly status: PriceStatus;
  /** Why a person had, or has, to look at it. */
  readonly doubt: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
}

const rate = z.number().int().min(0).transform(BigInt);
const Tiers = z.array(
  z.object({
    aboveInputTokens: z.number().int().min(0),
    inputMicros: rate,
    cachedInputMicros: rate.nullable(),
    outputMicros: rate,
    reasoningMicros: rate.nullable(),
  }),
);

export const tiersAsJson = (tiers: readonly PriceTier[]): Prisma.InputJsonArray =>
  tiers.map((tier) => ({
    aboveInputTokens: tier.aboveInputTokens,
    inputMicros: Number(tier.inputMicros),
    cachedInputMicros: tier.cachedInputMicros === null ? null : Number(tier.cachedInputMicros),
    outputMicros: Number(tier.outputMicros),
    reasoningMicros: tier.reasoningMicros === null ? null : Number(tier.reasoningMicros),
  }));

type Row = Prisma.PriceGetPayload<{ omit: { tenantId: true } }>;
const toPrice = (row: Row): Price => ({ ...row, tiers: Tiers.parse(row.tiers) });

const ORDER = [{ createdAt: 'asc' }, { id: 'asc' }] as const;

export async function readPrices(tx: Tx, where: { status?: PriceStatus } = {}): Promise<Price[]> {
  const rows = await tx.price.findMany({ where, omit: { tenantId: true }, orderBy: [...ORDER] });
  return rows.map(toPrice);
}

/** In the order in which they were written. */
export const readAccepted = (tx: Tx): Promise<Price[]> => readPrices(tx, { status: 'accepted' });

export type NewPriceRow = Omit<Price, 'id' | 'decidedBy' | 'decidedAt'>;

export async function insertPrice(tx: Tx, ctx: Ctx, price: NewPriceRow): Promise<Price> {
  const data = {
    ...price,
    tiers: tiersAsJson(price.tiers),
    id: newId(price.createdAt.getTime()),
    tenantId: ctx.tenantId,
  };
  return toPrice(await tx.price.create({ data, omit: { tenantId: true } }));
}

/** Throws AppError `not_found`. */
export async function requirePrice(tx: Tx, id: string): Promise<void> {
  const found = isUuid(id) ? await tx.price.findFirst({ where: { id }, select: { id: true } }) : null;
  if (!found) throw new AppError('not_found', 'There is no such price in this tenant.');
}

/** Throws AppError `conflict` where it does not wait any longer. */
export async function decidePrice(
  tx: Tx,
  { id, status, by, at }: { id: string; status: Exclude<PriceStatus, 'pending'>; by: string; at: Date },
): Promise<Price> {
  const [decided] = await tx.price.updateManyAndReturn({
    where: { id, status: 'pending' },
    data: { status, decidedBy: by, decidedAt: at },
    omit: { tenantId: true },
  });
  if (!decided) throw new AppError('conflict', 'This price does not wait any longer: load the list again.');
  return toPrice(decided);
}
