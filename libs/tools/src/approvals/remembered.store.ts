import { announce, type Database, type Tx } from '@switchyard/database';
import { AppError, isUuid, newId, type Ctx } from '@switchyard/kernel';
import type { Approval, AuditApprovals, Remembered, RememberScope } from './approval.ts';

const SHOWN = { tenantId: true, definitionHash: true, argsHash: true, principalId: true } as const;
const toRemembered = (row: Omit<Remembered, 'scope'> & { scope: string }): Remembered => ({
  ...row,
  scope: row.scope as RememberScope,
});

interface Call {
  readonly server: string;
  readonly tool: string;
  readonly definitionHash: string;
  readonly argsHash: string;
}

/** What was decided for calls like this one of the same caller; a refusal counts before a grant. */
export async function findRemembered(
  tx: Tx,
  ctx: Ctx,
  { persons, now, ...call }: Call & { readonly persons: number; readonly now: Date },
): Promise<Remembered | undefined> {
  const { server, tool, definitionHash, argsHash } = call;
  const row = await tx.rememberedApproval.findFirst({
    where: {
      server,
      tool,
      definitionHash,
      principalKind: ctx.principal.kind,
      principalId: ctx.principal.id,
      revokedAt: null,
      expiresAt: { gt: now },
      AND: [
        {
          OR: [
            { scope: 'tool' },
            { scope: 'arguments', argsHash },
            ...(ctx.conversation === undefined ? [] : [{ scope: 'conversation', conversation: ctx.conversation }]),
          ],
        },
        { OR: [{ granted: false }, { persons: { gte: persons } }] },
      ],
    },
    omit: SHOWN,
    orderBy: [{ granted: 'asc' }, { createdAt: 'desc' }],
  });
  if (!row) return undefined;
  await tx.rememberedApproval.update({ where: { id: row.id }, data: { uses: { increment: 1 }, lastUsedAt: now } });
  return toRemembered(row);
}

/** In the transaction of the decision that it keeps. Throws AppError `unprocessable` where there is no conversation. */
export async function remember(
  tx: Tx,
  ctx: Ctx,
  wanted: {
    readonly approval: Approval;
    readonly binding: { readonly definitionHash: string; readonly argsHash: string };
    readonly scope: RememberScope;
    readonly granted: boolean;
    readonly expiresAt: Date;
    readonly now: Date;
    readonly audit: AuditApprovals;
  },
): Promise<void> {
  const { approval, binding, scope, granted, expiresAt, now, audit } = wanted;
  if (scope === 'conversation' && approval.conversation === null)
    throw new AppError(
      'unprocessable',
      'This call belongs to no conversation: remember it for its arguments or the tool.',
      {
        path: 'remember.scope',
      },
    );
  const id = newId(now.getTime());
  await tx.rememberedApproval.create({
    data: {
      id,
      tenantId: ctx.tenantId,
      granted,
      scope,
      server: approval.server,
      tool: approval.tool,
      definitionHash: binding.definitionHash,
      argsHash: scope === 'arguments' ? binding.argsHash : null,
      conversation: scope === 'conversation' ? approval.conversation : null,
      principalKind: approval.principalKind,
      principalId: approval.principalId,
      principalName: approval.principalName,
      persons: approval.persons,
      approvalId: approval.id,
      createdBy: ctx.principal.name,
      createdAt: now,
      expiresAt,
    },
  });
  await audit(tx, ctx, {
    action: 'approval.remembered',
    target: { kind: 'remembered_approval', id },
    after: {
      granted,
      scope,
      tool: `${approval.server}.${approval.tool}`,
      for: { kind: approval.principalKind, id: approval.principalId, name: approval.principalName },
      approval: approval.id,
      expiresAt: expiresAt.toISOString(),
    },
  });
}

/** Those in force first, then newest first. */
export async function listRemembered(
  database: Pick<Database, 'inTenant'>,
  ctx: Pick<Ctx, 'tenantId'>,
): Promise<Remembered[]> {
  const rows = await database.inTenant(ctx, (tx) =>
    tx.rememberedApproval.findMany({
      omit: SHOWN,
      orderBy: [{ revokedAt: { sort: 'desc', nulls: 'first' } }, { id: 'desc' }],
      take: 200,
    }),
  );
  return rows.map(toRemembered);
}

/** Throws AppError `not_found`, `conflict` when somebody revoked it before. */
export async function revokeRemembered(
  tx: Tx,
  ctx: Ctx,
  { id, now, audit }: { readonly id: string; readonly now: Date; readonly audit: AuditApprovals },
): Promise<Remembered> {
  const found = isUuid(id) ? await tx.rememberedApproval.findFirst({ where: { id }, omit: SHOWN }) : null;
  if (!found) throw new AppError('not_found', 'There is no such remembered decision in this tenant.');
  const revoked = await tx.rememberedApproval.updateMany({
    where: { id, revokedAt: null },
    data: { revokedAt: now, revokedBy: ctx.principal.name },
  });
  if (revoked.count === 0)
    throw new AppError('conflict', `${found.revokedBy ?? 'Somebody'} has revoked it already.`, {
      revokedBy: found.revokedBy,
    });
  await announce(tx, ctx.tenantId, 'approvals', found.approvalId);
  const what = {
    granted: found.granted,
    scope: found.scope,
    tool: `${found.server}.${found.tool}`,
    for: found.principalName,
  };
  await audit(tx, ctx, { action: 'approval.revoked', target: { kind: 'remembered_approval', id }, before: what });
  return toRemembered({ ...found, revokedAt: now, revokedBy: ctx.principal.name });
}
