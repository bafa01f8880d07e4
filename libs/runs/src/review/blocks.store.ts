import { AppError, isUuid, newId, type Clock, type Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import type { Block, BlockKind } from './blocks.ts';

export const readStanding = (tx: Tx): Promise<{ kind: string; value: string }[]> =>
  tx.reviewBlock.findMany({ where: { liftedAt: null }, select: { kind: true, value: true } });

/** Those that stand, and the last that were lifted; the newest first. */
export async function readBlocks(tx: Tx): Promise<Block[]> {
  const [standing, lifted] = [
    await tx.reviewBlock.findMany({
      where: { liftedAt: null },
      omit: { tenantId: true },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    }),
    await tx.reviewBlock.findMany({
      where: { liftedAt: { not: null } },
      omit: { tenantId: true },
      orderBy: [{ liftedAt: 'desc' }, { id: 'desc' }],
      take: 50,
    }),
  ];
  return [...standing, ...lifted] as Block[];
}

export interface NewBlock {
  readonly kind: BlockKind;
  readonly value: string;
  readonly reason: string;
  readonly runId: string | null;
  readonly itemId: string | null;
}

/** Gives those that did not stand yet. */
export async function insertBlocks(tx: Tx, ctx: Ctx, blocks: readonly NewBlock[], clock: Clock): Promise<Block[]> {
  const at = clock.now();
  const rows = blocks.map((block) => ({
    ...block,
    id: newId(at.getTime()),
    tenantId: ctx.tenantId,
    createdBy: ctx.principal.name,
    createdAt: at,
  }));
  const made = await tx.reviewBlock.createManyAndReturn({
    data: rows,
    skipDuplicates: true,
    omit: { tenantId: true },
  });
  return made as Block[];
}

/** Throws AppError `not_found` for one that is none, or does not stand any more. */
export async function lift(tx: Tx, ctx: Ctx, id: string, clock: Clock): Promise<Block> {
  const [lifted] = isUuid(id) ? await liftWhere(tx, ctx, { id }, clock) : [];
  if (!lifted) throw new AppError('not_found', 'There is no such block in this tenant, or it was lifted already.');
  return lifted;
}

export async function liftWhere(
  tx: Tx,
  ctx: Ctx,
  where: { readonly id: string } | { readonly itemId: string },
  clock: Clock,
): Promise<Block[]> {
  const lifted = await tx.reviewBlock.updateManyAndReturn({
    where: { ...where, liftedAt: null },
    data: { liftedBy: ctx.principal.name, liftedAt: clock.now() },
    omit: { tenantId: true },
  });
  return lifted as Block[];
}
