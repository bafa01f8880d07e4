import { AppError, isUuid, newId, type Clock, type Ctx } from '@switchyard/kernel';
import { Prisma, type Tx } from '@switchyard/database';
import { decodePlace, encodePlace, pageSize, toPage, type Page } from '../cursor.ts';
import { storable, storableText } from '../storable.ts';
import type { Alert, AlertDelivery, AlertInput, AlertTargets, Channel } from './alert.ts';

/** In the transaction of what happened, so that neither is without the other. Its id; undefined: it was told before. */
export async function insertAlert(
  tx: Tx,
  ctx: Pick<Ctx, 'tenantId'>,
  { alert, targets, clock }: { alert: AlertInput; targets: AlertTargets; clock: Clock },
): Promise<string | undefined> {
  const at = clock.now();
  const { tenantId } = ctx;
  const id = newId(at.getTime());
  const data: Prisma.AlertCreateManyInput = {
    id,
    tenantId,
    kind: alert.kind,
    dedupeKey: storableText(alert.dedupeKey),
    title: storableText(alert.title),
    message: storableText(alert.message),
    data: storable(alert.data ?? {}) ?? {},
    at,
  };
  const { count } = await tx.alert.createMany({ data, skipDuplicates: true });
  if (count === 0) return undefined;
  const places: [Channel, string][] = [
    ...(targets.webhookUrl === null ? [] : [['webhook', targets.webhookUrl] as [Channel, string]]),
    ...targets.emails.map((email): [Channel, string] => ['email', email]),
  ];
  await tx.alertDelivery.createMany({
    data: places.map(([channel, target]) => ({
      id: newId(at.getTime()),
      tenantId,
      alertId: id,
      channel,
      target,
      status: 'pending',
      nextAt: at,
    })),
  });
  return id;
}

export interface DueDelivery {
  readonly id: string;
  readonly channel: Channel;
  readonly target: string;
  readonly attempts: number;
  readonly alertId: string;
  readonly kind: string;
  readonly title: string;
  readonly message: string;
  readonly data: unknown;
  readonly at: Date;
}

/**
 * Takes what is due for itself for `leaseSeconds`: no other node sends it meanwhile, and whoever dies with it has it sent
 * again after that.
 */
export const claimDue = (
  tx: Tx,
  { take, leaseSeconds }: { take: number; leaseSeconds: number },
): Promise<DueDelivery[]> =>
  tx.$queryRaw<DueDelivery[]>`
    WITH due AS (
      SELECT id FROM alert_delivery WHERE tenant_id = current_tenant() AND status = 'pending' AND next_at <= now()
      ORDER BY next_at LIMIT ${take} FOR UPDATE SKIP LOCKED
    ), claimed AS (
      UPDATE alert_delivery delivery
      SET attempts = delivery.attempts + 1, next_at = now() + make_interval(secs => ${leaseSeconds}::float8)
      FROM due WHERE delivery.id = due.id
      RETURNING delivery.id, delivery.channel, delivery.target, delivery.attempts, delivery.alert_id
    )
    SELECT claimed.id, claimed.channel, claimed.target, claimed.attempts, claimed.alert_id AS "alertId",
           alert.kind, alert.title, alert.message, alert.data, alert.at
    FROM claimed JOIN alert ON alert.id = claimed.alert_id`;

export async function markSent(tx: Tx, { id, at }: { id: string; at: Date }): Promise<void> {
  await tx.alertDelivery.updateMany({
    where: { id },
    data: { status: 'sent', sentAt: at, lastError: null },
  });
}

/** `againInMs` undefined: given up. Only whoever made the attempt may say how it ended. */
export async function markFailed(
  tx: Tx,
  { id, attempts, error, againInMs }: { id: string; attempts: number; error: string; againInMs: number | undefined },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE alert_delivery
    SET last_error = ${storableText(error.slice(0, 500))}, status = ${againInMs === undefined ? 'failed' : 'pending'},
        next_at = now() + make_interval(secs => ${(againInMs ?? 0) / 1_000}::float8)
    WHERE id = ${id}::uuid AND status = 'pending' AND attempts = ${attempts}`;
}

/** What waits for a place that is another now, or none any longer, follows. */
export async function moveWebhook(tx: Tx, webhookUrl: string | null): Promise<void> {
  await tx.alertDelivery.updateMany({
    where: { channel: 'webhook', status: 'pending' },
    data: webhookUrl === null ? { status: 'failed', lastError: 'The webhook was taken away.' } : { target: webhookUrl },
  });
}

/** From the beginning. Throws AppError `not_found`. */
export async function sendAgain(tx: Tx, deliveryId: string): Promise<AlertDelivery & { alertId: string }> {
  const [found] = isUuid(deliveryId)
    ? await tx.alertDelivery.updateManyAndReturn({
        where: { id: deliveryId },
        data: { status: 'pending', attempts: 0, nextAt: new Date(0), sentAt: null },
        omit: { tenantId: true },
      })
    : [];
  if (!found) throw new AppError('not_found', 'There is no such delivery in this tenant.');
  return found as AlertDelivery & { alertId: string };
}

const SHOWN = {
  omit: { tenantId: true, dedupeKey: true },
  include: {
    deliveries: { omit: { tenantId: true, alertId: true }, orderBy: [{ channel: 'desc' }, { target: 'asc' }] },
  },
} satisfies Prisma.AlertFindManyArgs;

export interface AlertQuery {
  /** Only those that nobody has acknowledged. */
  readonly open?: boolean | null;
  readonly cursor?: string | null;
  readonly limit?: number | null;
}

/** Newest first. */
export async function listAlerts(tx: Tx, query: AlertQuery = {}): Promise<Page<Alert>> {
  const take = pageSize(query.limit);
  const place = query.cursor ? decodePlace(query.cursor) : undefined;
  const rows = await tx.alert.findMany({
    where: {
      ...(place ? { OR: [{ at: { lt: place.at } }, { at: place.at, id: { lt: place.id } }] } : {}),
      ...(query.open === true ? { acknowledgedAt: null } : {}),
    },
    ...SHOWN,
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
    take: take + 1,
  });
  return toPage(rows as unknown as Alert[], take, ({ at, id }) => encodePlace({ at, id }));
}

/** Throws AppError `not_found`, also for another tenant's. */
export async function readAlert(tx: Tx, id: string): Promise<Alert> {
  const row = isUuid(id) ? await tx.alert.findUnique({ where: { id }, ...SHOWN }) : null;
  if (!row) throw new AppError('not_found', 'There is no such alert in this tenant.');
  return row as unknown as Alert;
}

/** More than these are "99 and more". */
const MOST_COUNTED = 100;

export const countOpenAlerts = (tx: Tx): Promise<number> =>
  tx.alert.count({ where: { acknowledgedAt: null }, take: MOST_COUNTED });

/** False: somebody had acknowledged it before. */
export async function markAcknowledged(
  tx: Tx,
  { id, by, at }: { readonly id: string; readonly by: string; readonly at: Date },
): Promise<boolean> {
  const { count } = await tx.alert.updateMany({
    where: { id, acknowledgedAt: null },
    data: { acknowledgedAt: at, acknowledgedBy: by },
  });
  return count === 1;
}
