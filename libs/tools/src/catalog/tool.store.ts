import { Prisma, type Tx } from '@switchyard/database';
import { newId, type ConnectionId, type Ctx, type ToolId } from '@switchyard/kernel';
import { z } from 'zod';
import { withLearnedOutput } from '../learn/learned-declaration.ts';
import { renderDeclaration, typeNames } from '../render-types/declaration.ts';
import type { Annotations, ListedTool } from '../upstream/list-tools.ts';
import { asJson, definitionOf, toolPath, type Definition, type ToolDescriptor } from './descriptor.ts';
import type { KnownTool, ToolStatus, ToolStep } from './reconcile.ts';

/** A tool as an admin sees it, with what waits for a decision. */
export interface ToolRecord extends ToolDescriptor {
  readonly status: ToolStatus;
  readonly problem: string | null;
  /** The changed definition of a held tool. */
  readonly pending: Definition | null;
  readonly pendingHash: string | null;
  readonly pinnedAt: Date;
}

type Row = Prisma.ToolGetPayload<{ include: { connection: { select: { name: true } }; learned: true } }>;

const object = z.record(z.string(), z.unknown());
const storedDefinition = z
  .object({
    name: z.string(),
    title: z.string().optional(),
    description: z.string(),
    inputSchema: object,
    outputSchema: object.optional(),
    annotations: object,
  })
  .nullable()
  .catch(null);

function toRecord(row: Row): ToolRecord {
  const server = row.connection.name;
  return {
    id: row.id as ToolId,
    connectionId: row.connectionId as ConnectionId,
    server,
    name: row.functionName,
    upstreamName: row.name,
    path: toolPath(server, row.functionName),
    ...(row.title === null ? {} : { title: row.title }),
    description: row.description,
    category: row.category,
    inputSchema: object.catch({}).parse(row.inputSchema),
    ...(row.outputSchema === null ? {} : { outputSchema: object.catch({}).parse(row.outputSchema) }),
    annotations: object.catch({}).parse(row.annotations) as Annotations,
    definitionHash: row.definitionHash,
    declaration: row.declaration,
    ...learnedOf(row),
    status: row.status,
    problem: row.problem,
    pending: storedDefinition.parse(row.pending) as Definition | null,
    pendingHash: row.pendingHash,
    pinnedAt: row.pinnedAt,
  };
}

/** Only while it is about the pinned definition, and that has no output schema of its own. */
function learnedOf({
  learned,
  outputSchema,
  definitionHash,
  declaration,
  functionName,
}: Row): Pick<ToolRecord, 'learned'> {
  if (!learned || outputSchema !== null || learned.definitionHash !== definitionHash) return {};
  const shown = withLearnedOutput(declaration, functionName, learned);
  return shown === declaration ? {} : { learned: { declaration: shown, samples: learned.samples } };
}

const withServer = { connection: { select: { name: true } }, learned: true } as const;
const inOrder = [
  { connection: { name: 'asc' } },
  { functionName: 'asc' },
] satisfies Prisma.ToolOrderByWithRelationInput[];

export async function readTools(tx: Tx, where: { connectionId?: string; usable?: true } = {}): Promise<ToolRecord[]> {
  const { connectionId, usable } = where;
  const rows = await tx.tool.findMany({
    where: {
      ...(connectionId === undefined ? {} : { connectionId }),
      ...(usable ? { status: { in: ['active', 'held'] }, connection: { enabled: true } } : {}),
    },
    include: withServer,
    orderBy: inOrder,
  });
  return rows.map(toRecord);
}

export async function readTool(tx: Tx, id: string): Promise<ToolRecord | undefined> {
  const row = await tx.tool.findFirst({ where: { id }, include: withServer });
  return row ? toRecord(row) : undefined;
}

export const asKnown = (tool: ToolRecord): KnownTool => ({
  id: tool.id,
  name: tool.upstreamName,
  functionName: tool.name,
  status: tool.status,
  definitionHash: tool.definitionHash,
  pendingHash: tool.pendingHash,
  pinned: tool.declaration !== '',
});

const definitionColumns = (definition: Definition, hash: string, declaration: string) => ({
  title: definition.title ?? null,
  description: definition.description,
  inputSchema: asJson(definition.inputSchema) as Prisma.InputJsonValue,
  outputSchema: definition.outputSchema ? (asJson(definition.outputSchema) as Prisma.InputJsonValue) : Prisma.DbNull,
  annotations: asJson(definition.annotations) as Prisma.InputJsonValue,
  definitionHash: hash,
  declaration,
});

const settled = { pending: Prisma.DbNull, pendingHash: null } as const;

/** Writes a plan of `reconcile`. Types of new declarations keep clear of those in `existing`. */
export async function applySteps(
  tx: Tx,
  ctx: Ctx,
  connection: { readonly id: ConnectionId; readonly name: string },
  steps: readonly ToolStep[],
  existing: readonly ToolRecord[],
): Promise<void> {
  const takenTypes = new Set(existing.flatMap((tool) => typeNames(tool.declaration)));
  const columns = async (listed: ListedTool, functionName: string, hash: string) => {
    const usable = listed.problem === undefined;
    const declaration = usable ? await renderDeclaration({ ...listed, functionName }, takenTypes) : '';
    typeNames(declaration).forEach((name) => takenTypes.add(name));
    return {
      ...definitionColumns(definitionOf(listed), hash, declaration),
      category: listed.category ?? connection.name,
      status: usable ? ('active' as const) : ('invalid' as const),
      problem: listed.problem ?? null,
    };
  };
  const added: Prisma.ToolCreateManyInput[] = [];
  for (const step of steps)
    switch (step.kind) {
      case 'add':
        added.push({
          ...(await columns(step.listed, step.functionName, step.hash)),
          id: newId(),
          tenantId: ctx.tenantId,
          connectionId: connection.id,
          name: step.listed.name,
          functionName: step.functionName,
        });
        break;
      case 'replace':
        await tx.tool.update({
          where: { id: step.id },
          data: { ...(await columns(step.listed, step.functionName, step.hash)), ...settled, pinnedAt: new Date() },
        });
        break;
      case 'hold':
        await tx.tool.update({
          where: { id: step.id },
          data: {
            status: 'held',
            problem: step.problem,
            pending: step.pending ? (asJson(step.pending) as Prisma.InputJsonValue) : Prisma.DbNull,
            pendingHash: step.hash,
          },
        });
        break;
      case 'restore':
        await tx.tool.update({ where: { id: step.id }, data: { status: 'active', problem: null, ...settled } });
        break;
      case 'remove':
        await tx.tool.update({
          where: { id: step.id },
          data: { status: 'removed', problem: 'Its server no longer lists it.', ...settled },
        });
        break;
    }
  if (added.length > 0) await tx.tool.createMany({ data: added });
}

/** The pending definition becomes the pinned one. */
export async function acceptPending(tx: Tx, tool: ToolRecord, existing: readonly ToolRecord[]): Promise<void> {
  if (!tool.pending || tool.pendingHash === null) return;
  const others = existing.filter((one) => one.id !== tool.id);
  const takenTypes = new Set(others.flatMap((one) => typeNames(one.declaration)));
  const declaration = await renderDeclaration({ ...tool.pending, functionName: tool.name }, takenTypes);
  await tx.tool.update({
    where: { id: tool.id },
    data: {
      ...definitionColumns(tool.pending, tool.pendingHash, declaration),
      ...settled,
      status: 'active',
      problem: null,
      pinnedAt: new Date(),
    },
  });
}
