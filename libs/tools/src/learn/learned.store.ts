import { announce, lockUntilCommit, type Database, type Prisma } from '@switchyard/database';
import { canonicalJson, type Ctx } from '@switchyard/kernel';
import { asJson, type ToolDescriptor } from '../catalog/descriptor.ts';
import { mergeShapes, NOTHING, shapeSchema, type Shape } from './shape.ts';

/** Adds what was seen to what is stored. Gives what is then known, and whether it is more than before. */
export function addShape(
  database: Pick<Database, 'inTenant'>,
  ctx: Pick<Ctx, 'tenantId'>,
  tool: Pick<ToolDescriptor, 'id' | 'definitionHash'>,
  seen: Shape,
): Promise<{ readonly shape: Shape; readonly changed: boolean }> {
  const { id: toolId, definitionHash } = tool;
  return database.inTenant(ctx, async (tx) => {
    // Two nodes learn at the same time: the one after the other, or one of them forgets what the other has seen.
    await lockUntilCommit(tx, `shape:${toolId}`);
    const row = await tx.learnedShape.findUnique({ where: { toolId } });
    const known = row?.definitionHash === definitionHash ? shapeSchema.safeParse(row.shape).data : undefined;
    const shape = mergeShapes(known ?? NOTHING, seen);
    if (known && isSame(known, shape)) return { shape, changed: false };
    const learned = {
      definitionHash,
      shape: asJson(shape) as Prisma.InputJsonValue,
      samples: (known ? (row?.samples ?? 0) : 0) + 1,
    };
    await tx.learnedShape.upsert({
      where: { toolId },
      create: { toolId, tenantId: ctx.tenantId, ...learned },
      update: learned,
    });
    await announce(tx, ctx.tenantId, 'connections'); // declarations are part of the catalogue
    return { shape, changed: true };
  });
}

/** Whatever the order of fields: the database has its own. */
export const isSame = (one: Shape, other: Shape): boolean => canonicalJson(one) === canonicalJson(other);
