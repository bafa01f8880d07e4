import { AppError, isUuid, newId, type Ctx } from '@switchyard/kernel';
import { Prisma, type Database, type Tx } from '@switchyard/database';
import { stopAlert } from '../alerts.ts';
import { recordChange, type ChangeTools } from '../audit.ts';
import { commitChange, lockTenant } from '../flags/snapshot.store.ts';
import { parsePlan, templatePlan, type PlanInput, type TemplateName } from './plan.ts';
import type { Rollout, Tick } from './rollout.ts';
import { transition, type By, type Command } from './transitions.ts';

type Row = Prisma.RolloutGetPayload<object>;

/** A plan is parsed anew: what is stored may be of an older version of this product. */
export function toRollout({ tenantId: _tenant, plan, ticks, ...row }: Row): Rollout {
  return { ...row, plan: parsePlan(plan), ticks: ticks as unknown as readonly Tick[] };
}

const notFound = (): AppError => new AppError('not_found', 'There is no such rollout in this tenant.');

/** Throws AppError `not_found`, also for another tenant's. */
export async function readRollout(tx: Tx, id: string): Promise<Rollout> {
  const row = isUuid(id) ? await tx.rollout.findFirst({ where: { id } }) : null;
  if (!row) throw notFound();
  return toRollout(row);
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** The `cursor` of what follows; null at the end. */
  readonly next: string | null;
}

export interface Paging {
  /** The last id of the page before. */
  readonly cursor?: string | null | undefined;
  /** Between 1 and 200; 50 unless said. */
  readonly limit?: number | null | undefined;
}

/** `take` has one more than the page, and `cursor` is checked. Throws AppError `invalid_request`. */
export function pageOf({ cursor, limit }: Paging): { size: number; before: { id?: { lt: string } } } {
  if (cursor != null && !isUuid(cursor))
    throw new AppError('invalid_request', 'This cursor is not one of ours: start again without one.');
  const size = Math.min(Math.max(Math.trunc(limit ?? 50), 1), 200);
  return { size, before: cursor ? { id: { lt: cursor } } : {} };
}

export function toPage<Item extends { readonly id: string }>(rows: readonly Item[], size: number): Page<Item> {
  const items = rows.slice(0, size);
  return { items, next: rows.length > size ? (items.at(-1)?.id ?? null) : null };
}

/** Newest first. */
export async function listRollouts(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  paging: Paging,
): Promise<Page<Rollout>> {
  const { size, before } = pageOf(paging);
  const rows = await database.inTenant(ctx, (tx) =>
    tx.rollout.findMany({ where: before, orderBy: { id: 'desc' }, take: size + 1 }),
  );
  return toPage(rows.map(toRollout), size);
}

export interface RolloutChange {
  readonly id: string;
  /** Null: of the tenant's switch or flags. */
  readonly rolloutId: string | null;
  readonly at: Date;
  readonly action: string;
  readonly actorKind: string;
  readonly actorName: string;
  readonly reason: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Newest first: of one rollout with the tenant's switch and flags, which bear on it too. Throws AppError `not_found`. */
export async function listChanges(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  { rolloutId, ...paging }: Paging & { readonly rolloutId: string },
): Promise<Page<RolloutChange>> {
  const { size, before } = pageOf(paging);
  const rows = await database.inTenant(ctx, async (tx) => {
    await readRollout(tx, rolloutId);
    return tx.rolloutChange.findMany({
      where: { ...before, OR: [{ rolloutId }, { rolloutId: null }] },
      omit: { tenantId: true },
      orderBy: { id: 'desc' },
      take: size + 1,
    });
  });
  return toPage(rows, size);
}

/** What the log shows of a rollout. */
const shown = ({ status, stepIndex, shareBasisPoints, epoch, attempt, version, ...rest }: Rollout) => ({
  status,
  stepIndex,
  shareBasisPoints,
  epoch,
  attempt,
  version,
  salt: rest.salt,
  startAt: rest.startAt,
  approvedBy: rest.approvedByName,
  ticks: rest.ticks.length,
  guards: rest.plan.guards,
});

/** Before and after of what differs. */
function differing(
  before: Rollout,
  after: Rollout,
): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const [old, fresh] = [Object.entries(shown(before)), shown(after) as Record<string, unknown>];
  const changed = old.filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(fresh[name]));
  return {
    before: Object.fromEntries(changed),
    after: Object.fromEntries(changed.map(([name]) => [name, fresh[name]])),
  };
}

const columns = ({ plan, ticks, id: _id, createdBy: _by, createdAt: _at, ...rest }: Rollout) => ({
  ...rest,
  plan: plan as unknown as Prisma.InputJsonObject,
  ticks: ticks as unknown as Prisma.InputJsonArray,
});

export interface NewRollout {
  readonly name: string;
  /** Either a ready plan or one's own. */
  readonly template?: TemplateName | undefined;
  readonly plan?: PlanInput | undefined;
}

/** A draft. Throws AppError `conflict` while another is not closed. */
export async function insertRollout(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  { input, reason, tools }: { input: NewRollout; reason: string; tools: ChangeTools },
): Promise<Rollout> {
  const name = input.name.trim();
  if (name === '' || name.length > 100)
    throw new AppError('unprocessable', 'name: between 1 and 100 characters.', { path: 'name' });
  const plan = input.plan === undefined ? templatePlan(input.template ?? 'standard') : parsePlan(input.plan);
  const now = tools.clock.now();
  return database.inTenant(ctx, async (tx) => {
    await lockTenant(tx, ctx);
    const open = await tx.rollout.findFirst({ where: { status: { not: 'closed' } } });
    if (open)
      throw new AppError('conflict', `The rollout "${open.name}" is not closed yet: close it before making another.`, {
        rolloutId: open.id,
      });
    const row = await tx.rollout.create({
      data: {
        id: newId(now.getTime()),
        tenantId: ctx.tenantId,
        name,
        plan: plan as unknown as Prisma.InputJsonObject,
        salt: tools.newSalt(),
        reason,
        createdBy: ctx.principal.name,
        createdAt: now,
        updatedAt: now,
      },
    });
    const rollout = toRollout(row);
    await commitChange(tx, ctx);
    const event = {
      action: 'rollout.created' as const,
      target: { kind: 'rollout' as const, id: rollout.id },
      before: {},
      after: { name, plan },
    };
    await recordChange(tx, ctx, { event, reason, tools });
    return rollout;
  });
}

export const byOf = (ctx: Pick<Ctx, 'principal'>, now: Date): By => ({
  id: `${ctx.principal.kind}:${ctx.principal.id}`,
  name: ctx.principal.name,
  now,
});

/** Changes one rollout in a transaction that has locked the tenant. `because` goes to the audit log beside the change. */
export async function applyCommand(
  tx: Tx,
  ctx: Ctx,
  change: {
    rollout: Rollout;
    command: Command;
    reason: string;
    because?: Readonly<Record<string, unknown>>;
    tools: ChangeTools;
  },
): Promise<Rollout> {
  const { rollout, command, reason, because = {}, tools } = change;
  const now = tools.clock.now();
  const { action, fields } = transition(rollout, command, byOf(ctx, now));
  const next: Rollout = { ...rollout, ...fields, version: rollout.version + 1, reason, updatedAt: now };
  await tx.rollout.update({ where: { id: rollout.id }, data: columns(next) });
  await commitChange(tx, ctx);
  const { before, after } = differing(rollout, next);
  const event = {
    action,
    target: { kind: 'rollout' as const, id: rollout.id },
    before,
    after: { ...after, ...because },
  };
  await recordChange(tx, ctx, { event, reason, tools });
  if (command.kind === 'roll_back' || command.kind === 'hold') {
    const by = ctx.principal.kind === 'system' ? undefined : ctx.principal.name;
    await tools.alert(tx, ctx, stopAlert(next, { kind: command.kind, from: rollout.shareBasisPoints, by }));
  }
  return next;
}

/** Throws AppError `conflict` when `expectedVersion` is not the version any longer. */
export async function changeRollout(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  change: {
    id: string;
    expectedVersion: number | undefined;
    command: Command;
    reason: string;
    tools: ChangeTools;
  },
): Promise<Rollout> {
  return database.inTenant(ctx, async (tx) => {
    await lockTenant(tx, ctx);
    const rollout = await readRollout(tx, change.id);
    const { expectedVersion } = change;
    if (expectedVersion !== undefined && expectedVersion !== rollout.version)
      throw new AppError(
        'conflict',
        `Meanwhile this rollout was changed (it is ${rollout.status.replace('_', ' ')}, ${rollout.shareBasisPoints / 100}%). Look at it again before you change it.`,
        { expectedVersion, version: rollout.version },
      );
    return applyCommand(tx, ctx, { rollout, command: change.command, reason: change.reason, tools: change.tools });
  });
}
