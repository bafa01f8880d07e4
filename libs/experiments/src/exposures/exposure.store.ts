import { ARMS, newId, type Arm, type Ctx } from '@switchyard/kernel';
import { Prisma, type Database } from '@switchyard/database';
import { z } from 'zod';
import { BANDS, type Band } from '../bucketing.ts';
import type { Rollout } from '../rollout/rollout.ts';

export interface Exposure {
  readonly id: string;
  readonly band: Band;
  readonly arm: Arm;
  readonly epoch: number;
}

const Exposures = z.array(z.object({ id: z.string(), band: z.enum(BANDS), arm: z.enum(ARMS), epoch: z.number() }));

export interface NewExposure {
  readonly rollout: Rollout;
  readonly unit: string;
  readonly conversation: string;
  readonly band: Band;
  readonly arm: Arm;
  readonly at: Date;
}

/**
 * The unit's arm in this attempt: the one it has, else the given one, which it then keeps. Unit and count go in together,
 * in one statement; `isNew` is false where another was faster.
 */
export async function expose(
  database: Pick<Database, 'exchange'>,
  ctx: Pick<Ctx, 'tenantId'>,
  input: NewExposure,
): Promise<{ exposure: Exposure; isNew: boolean }> {
  const { rollout, unit, conversation, band, arm, at } = input;
  const id = newId(at.getTime());
  // The disk is not waited for: a unit that were lost with the database's machine would be dealt to the same arm again.
  const [rows] = await database.exchange(
    ctx,
    [
      Prisma.sql`
        WITH made AS (
          INSERT INTO exposure (id, tenant_id, rollout_id, attempt, epoch, unit, conversation, band, arm, at)
          VALUES (${id}::uuid, ${ctx.tenantId}::uuid, ${rollout.id}::uuid, ${rollout.attempt}, ${rollout.epoch}, ${unit},
                  ${conversation}, ${band}, ${arm}, ${at})
          ON CONFLICT DO NOTHING
          RETURNING id, tenant_id, rollout_id, attempt, epoch, band, arm
        ), counted AS (
          INSERT INTO arm_count (tenant_id, rollout_id, epoch, band, attempt, share_basis_points, units, latencies)
          SELECT tenant_id, rollout_id, epoch, band, attempt, ${rollout.shareBasisPoints}, 1, array_fill(0, ARRAY[161])
          FROM made WHERE band <> 'unmeasured'
          ON CONFLICT (tenant_id, rollout_id, epoch, band) DO UPDATE SET units = arm_count.units + 1
        )
        SELECT id::text, band, arm, epoch FROM made`,
    ],
    { durable: false },
  );
  const [made] = Exposures.parse(rows);
  if (made) return { exposure: made, isNew: true };
  // Another's, and committed by now: the insertion would have waited for it.
  const [theirs] = await database.exchange(ctx, [
    Prisma.sql`
      SELECT id::text, band, arm, epoch FROM exposure
      WHERE rollout_id = ${rollout.id}::uuid AND attempt = ${rollout.attempt} AND unit = ${unit}`,
  ]);
  const [found] = Exposures.parse(theirs);
  if (!found) throw new Error('an exposure is neither there nor can it be made');
  return { exposure: found, isNew: false };
}
