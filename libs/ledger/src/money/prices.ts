import { AppError, type Clock, type Ctx } from '@switchyard/kernel';
import { announce, lockUntilCommit, type Database } from '@switchyard/database';
import { z } from 'zod';
import { appendAudit } from '../audit/audit.store.ts';
import { findPrice } from './price-book.ts';
import { PRICE_LIST, type ListedPrice } from './price-list.ts';
import { doubtOf, type PriceTier } from './price.ts';
import {
  decidePrice,
  insertPrice,
  readAccepted,
  readPrices,
  requirePrice,
  tiersAsJson,
  type Price,
} from './prices.store.ts';
import { reprice, type Repriced, type RepriceSpan } from './reprice.store.ts';

/** $1,000,000 a million tokens: a dollar a token. More is a mistake of units. */
const MOST_MICROS = 1_000_000_000_000n;
const rate = z.bigint().min(0n).max(MOST_MICROS);
const Tier = z.strictObject({
  aboveInputTokens: z.number().int().min(0).max(2_000_000_000),
  inputMicros: rate,
  cachedInputMicros: rate.nullable(),
  outputMicros: rate,
  reasoningMicros: rate.nullable(),
});
const name = z.string().trim().toLowerCase().min(1).max(200);
const NewPrice = z.strictObject({
  provider: name,
  model: name,
  validFrom: z.date(),
  tiers: z
    .array(Tier)
    .min(1)
    .max(10)
    .refine((tiers) => tiers.some(({ aboveInputTokens }) => aboveInputTokens === 0), 'one tier starts at 0')
    .refine(
      (tiers) => new Set(tiers.map((one) => one.aboveInputTokens)).size === tiers.length,
      'each starts elsewhere',
    ),
  sourceUrl: z.url({ protocol: /^https?$/ }).max(2_000),
  sourceDate: z.date(),
});

export type NewPrice = z.input<typeof NewPrice>;

export interface Prices {
  /** The tenant's own rows, oldest first, and the shipped list. */
  listPrices(ctx: Ctx): Promise<{ readonly own: readonly Price[]; readonly listed: readonly ListedPrice[] }>;
  /**
   * A new row; what it differs from stays. More than ten times what holds, or from or to nothing, it waits for a person
   * (status `pending`). Throws AppError `unprocessable` with the field's path.
   */
  addPrice(ctx: Ctx, price: NewPrice): Promise<Price>;
  /** Errors: `forbidden` for a key (a person decides), `not_found`, `conflict` where it does not wait any longer. */
  decidePrice(ctx: Ctx, id: string, accept: boolean): Promise<Price>;
  /** Computes the costs of a span again by the prices that hold now; what they were stays as corrections. */
  reprice(ctx: Ctx, span: RepriceSpan): Promise<Repriced>;
}

interface PricesOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly clock: Clock;
  readonly forget: (tenantId: string) => void;
}

function parse(price: NewPrice): z.output<typeof NewPrice> {
  const parsed = NewPrice.safeParse(price);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new AppError('unprocessable', `${path}: ${issue?.message ?? 'not acceptable'}`, { path });
}

const shown = ({ provider, model, validFrom, tiers, sourceUrl, status, doubt }: Price): Record<string, unknown> => ({
  provider,
  model,
  validFrom,
  tiers: tiersAsJson(tiers),
  sourceUrl,
  status,
  doubt,
});

export function createPrices({ database, clock, forget }: PricesOptions): Prices {
  return {
    listPrices: async (ctx) => ({ own: await database.inTenant(ctx, (tx) => readPrices(tx)), listed: PRICE_LIST }),

    async addPrice(ctx, input) {
      const given = parse(input);
      const { provider, model, validFrom } = given;
      const tiers: PriceTier[] = given.tiers.sort((a, b) => a.aboveInputTokens - b.aboveInputTokens);
      const added = await database.inTenant(ctx, async (tx) => {
        // Of two at once the second is held against the first.
        await lockUntilCommit(tx, `price/${ctx.tenantId}`);
        const before = findPrice(await readAccepted(tx), { provider, model, at: validFrom });
        const doubt = before ? (doubtOf(tiers, before.tiers) ?? null) : null;
        const row = {
          ...given,
          tiers,
          status: doubt === null ? ('accepted' as const) : ('pending' as const),
          doubt,
          createdBy: ctx.principal.name,
          createdAt: clock.now(),
        };
        const price = await insertPrice(tx, ctx, row);
        const target = { kind: 'price', id: price.id };
        await appendAudit(tx, ctx, { action: 'price.added', target, after: shown(price) }, clock);
        await announce(tx, ctx.tenantId, 'money');
        return price;
      });
      forget(ctx.tenantId);
      return added;
    },

    async decidePrice(ctx, id, accept) {
      const decided = await database.inTenant(ctx, async (tx) => {
        await requirePrice(tx, id);
        if (ctx.principal.kind !== 'user' && ctx.principal.kind !== 'operator')
          throw new AppError('forbidden', 'A person decides on a price that waits: sign in to the console.');
        const status = accept ? 'accepted' : 'rejected';
        const price = await decidePrice(tx, { id, status, by: ctx.principal.name, at: clock.now() });
        const target = { kind: 'price', id };
        await appendAudit(tx, ctx, { action: `price.${status}`, target, after: shown(price) }, clock);
        await announce(tx, ctx.tenantId, 'money');
        return price;
      });
      forget(ctx.tenantId);
      return decided;
    },

    reprice: (ctx, span) => reprice(database, ctx, { span, clock }),
  };
}
