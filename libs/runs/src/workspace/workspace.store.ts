import { lockUntilCommit, type Database, type Tx } from '@switchyard/database';
import { AppError, newId, type Clock, type Ctx } from '@switchyard/kernel';
import type { SealedStore } from '@switchyard/vault';
import { scopeOf, type WorkspaceOwner } from './names.ts';

export const FILE_PURPOSE = 'workspace-file';
const MiB = 1024 * 1024;
const DAY_MS = 86_400_000;

export interface WorkspaceQuotas {
  readonly files: number;
  readonly fileBytes: number;
  /** Of one conversation. */
  readonly bytes: number;
  /** Of all conversations of a tenant. */
  readonly tenantBytes: number;
  /** After the last write. */
  readonly keptMs: number;
  /** Of files of a run without a conversation, which no other run reads. */
  readonly runKeptMs: number;
}

export const WORKSPACE_QUOTAS: WorkspaceQuotas = {
  files: 100,
  fileBytes: 4 * MiB,
  bytes: 20 * MiB,
  tenantBytes: 500 * MiB,
  keptMs: 7 * DAY_MS,
  runKeptMs: DAY_MS,
};

export interface WorkspaceFile {
  readonly id: string;
  readonly name: string;
  readonly kind: 'text' | 'json';
  readonly bytes: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date;
}

export interface WorkspaceStore {
  readonly database: Pick<Database, 'inTenant'>;
  readonly sealed: SealedStore;
  readonly clock: Clock;
  readonly quotas: WorkspaceQuotas;
}

const SHOWN = {
  id: true,
  name: true,
  kind: true,
  bytes: true,
  createdAt: true,
  updatedAt: true,
  expiresAt: true,
} as const;

const full = (what: string): AppError =>
  new AppError('unprocessable', `The workspace is full: ${what}. Remove files with workspace.remove(name).`);

async function checkRoom(
  tx: Tx,
  quotas: WorkspaceQuotas,
  place: { scope: string; name: string; bytes: number; now: Date },
): Promise<void> {
  const { scope, name, bytes, now } = place;
  const others = { scope, name: { not: name }, expiresAt: { gt: now } };
  const own = await tx.workspaceFile.aggregate({ where: others, _count: true, _sum: { bytes: true } });
  if (own._count >= quotas.files) throw full(`it has ${quotas.files} files, which is all it may have`);
  if ((own._sum.bytes ?? 0) + bytes > quotas.bytes) throw full(`all its files together may have ${quotas.bytes} bytes`);
  const all = await tx.workspaceFile.aggregate({ where: { expiresAt: { gt: now } }, _sum: { bytes: true } });
  if ((all._sum.bytes ?? 0) + bytes > quotas.tenantBytes)
    throw full(`all workspaces of the tenant together may have ${quotas.tenantBytes} bytes`);
}

/** `json` is what `read` gives back, byte by byte. */
export async function writeFile(
  { database, sealed, clock, quotas }: WorkspaceStore,
  ctx: Pick<Ctx, 'tenantId'>,
  owner: WorkspaceOwner,
  file: { readonly name: string; readonly kind: 'text' | 'json'; readonly json: string },
): Promise<number> {
  const content = Buffer.from(file.json);
  const bytes = content.length;
  if (bytes > quotas.fileBytes)
    throw new AppError('too_large', `A file may have ${quotas.fileBytes} bytes; this has ${bytes}. Write several.`);
  const { name, kind } = file;
  const scope = scopeOf(owner);
  const now = clock.now();
  const expiresAt = new Date(now.getTime() + (owner.conversation ? quotas.keptMs : quotas.runKeptMs));
  await database.inTenant(ctx, async (tx) => {
    // One writer of a workspace at a time, so that side by side they stay within its quota.
    await lockUntilCommit(tx, `workspace:${scope}`);
    await checkRoom(tx, quotas, { scope, name, bytes, now });
    const place = { tenantId_scope_name: { tenantId: ctx.tenantId, scope, name } };
    const before = await tx.workspaceFile.findUnique({ where: place, select: { id: true } });
    const id = before?.id ?? newId();
    await sealed.keep(ctx, { id, purpose: FILE_PURPOSE, bytes: content, expiresAt }, tx);
    const written = { kind, bytes, runId: owner.runId, expiresAt };
    const conversation = owner.conversation ?? null;
    await tx.workspaceFile.upsert({
      where: place,
      create: { id, tenantId: ctx.tenantId, scope, name, conversation, ...written },
      update: written,
    });
  });
  return bytes;
}

export async function listFiles(
  { database, clock }: WorkspaceStore,
  ctx: Pick<Ctx, 'tenantId'>,
  owner: WorkspaceOwner,
): Promise<WorkspaceFile[]> {
  const rows = await database.inTenant(ctx, (tx) =>
    tx.workspaceFile.findMany({
      where: { scope: scopeOf(owner), expiresAt: { gt: clock.now() } },
      select: SHOWN,
      orderBy: { name: 'asc' },
    }),
  );
  return rows.map((row) => ({ ...row, kind: row.kind === 'text' ? 'text' : 'json' }));
}

/** Undefined when there is no such file. */
export async function readFile(
  store: WorkspaceStore,
  ctx: Pick<Ctx, 'tenantId'>,
  owner: WorkspaceOwner,
  name: string,
): Promise<Buffer | undefined> {
  const row = await store.database.inTenant(ctx, (tx) =>
    tx.workspaceFile.findFirst({ where: { scope: scopeOf(owner), name }, select: { id: true } }),
  );
  return row ? store.sealed.recall(ctx, { id: row.id, purpose: FILE_PURPOSE }) : undefined;
}

/** False when there was none. `alongside` is written in the same transaction. */
export async function removeFile(
  { database, sealed }: WorkspaceStore,
  ctx: Pick<Ctx, 'tenantId'>,
  owner: WorkspaceOwner,
  file: { readonly name: string; readonly alongside?: (tx: Tx) => Promise<unknown> },
): Promise<boolean> {
  return database.inTenant(ctx, async (tx) => {
    const rows = await tx.workspaceFile.findMany({
      where: { scope: scopeOf(owner), name: file.name },
      select: { id: true },
    });
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return false;
    await tx.workspaceFile.deleteMany({ where: { id: { in: ids } } });
    await sealed.forget(ids, tx);
    await file.alongside?.(tx);
    return true;
  });
}

/** The rows of files whose time is over; their contents go with everything else that is sealed and has expired. */
export const sweepFiles = ({ database, clock }: WorkspaceStore, ctx: Pick<Ctx, 'tenantId'>): Promise<unknown> =>
  database.inTenant(ctx, (tx) => tx.workspaceFile.deleteMany({ where: { expiresAt: { lte: clock.now() } } }));
