import { AppError, newId, type Clock, type Ctx, type TenantId } from '@switchyard/kernel';
import { announce, type Database, type Tx } from '@switchyard/database';
import { appendAudit } from '../audit/audit.store.ts';
import type { Page } from '../cursor.ts';
import type { Alert, AlertDelivery, AlertInput, AlertTargets } from './alert.ts';
import { deliverDue, type Senders } from './deliver.ts';
import {
  countOpenAlerts,
  insertAlert,
  listAlerts,
  markAcknowledged,
  readAlert,
  sendAgain,
  type AlertQuery,
} from './outbox.store.ts';

export interface Alerts {
  /** In the transaction of what happened: goes out, by every way that the tenant has set, once that commits. False: it was told before. */
  alert(tx: Tx, ctx: Ctx, alert: AlertInput): Promise<boolean>;
  listAlerts(ctx: Ctx, query?: AlertQuery): Promise<Page<Alert>>;
  /** How many nobody has acknowledged; 100 stands for more. */
  countOpenAlerts(ctx: Ctx): Promise<number>;
  /** Once is enough: again, it changes nothing. Throws AppError `not_found`. */
  acknowledgeAlert(ctx: Ctx, id: string): Promise<Alert>;
  /**
   * Sends one at once by every way that the tenant has set, and tells how that went; what failed is tried again as any
   * other. Throws AppError `unprocessable` where no way is set.
   */
  testAlerts(ctx: Ctx): Promise<Alert>;
  /** Throws AppError `not_found`. */
  sendAlertAgain(ctx: Ctx, deliveryId: string): Promise<AlertDelivery>;
  /** To be called every few seconds on every node. Returns how many arrived. */
  deliverAlerts(tenants: readonly TenantId[]): Promise<number>;
}

interface AlertsOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly clock: Clock;
  readonly senders: Senders & { readonly firstRetryMs?: number };
  readonly raised?: ((kind: string) => void) | undefined;
  readonly targetsOf: (tx: Tx, ctx: Ctx) => Promise<AlertTargets>;
}

const testOf = (by: string): AlertInput => ({
  kind: 'alert.tested',
  dedupeKey: `test/${newId()}`,
  title: 'A test of where alerts go',
  message: `${by} asked for this in Switchyard. If you can read it, alerts of this tenant reach you.`,
});

export function createAlerts({ database, clock, senders, raised, targetsOf }: AlertsOptions): Alerts {
  const deliver = (tenants: readonly TenantId[]): Promise<number> =>
    deliverDue(tenants, { ...senders, database, clock });
  return {
    async alert(tx, ctx, alert) {
      const isNew = (await insertAlert(tx, ctx, { alert, targets: await targetsOf(tx, ctx), clock })) !== undefined;
      if (isNew) raised?.(alert.kind);
      if (isNew) await announce(tx, ctx.tenantId, 'money');
      return isNew;
    },
    listAlerts: (ctx, query) => database.inTenant(ctx, (tx) => listAlerts(tx, query)),
    countOpenAlerts: (ctx) => database.inTenant(ctx, (tx) => countOpenAlerts(tx)),
    acknowledgeAlert: (ctx, id) =>
      database.inTenant(ctx, async (tx) => {
        await readAlert(tx, id);
        if (await markAcknowledged(tx, { id, by: ctx.principal.name, at: clock.now() })) {
          await appendAudit(tx, ctx, { action: 'alert.acknowledged', target: { kind: 'alert', id } }, clock);
          await announce(tx, ctx.tenantId, 'money');
        }
        return readAlert(tx, id);
      }),
    async testAlerts(ctx) {
      const id = await database.inTenant(ctx, async (tx) => {
        const targets = await targetsOf(tx, ctx);
        if (targets.webhookUrl === null && targets.emails.length === 0)
          throw new AppError(
            'unprocessable',
            'Name a webhook or an e-mail address first: there is nowhere to send to.',
          );
        const made = await insertAlert(tx, ctx, { alert: testOf(ctx.principal.name), targets, clock });
        if (made === undefined) throw new AppError('conflict', 'This test was sent already.');
        await appendAudit(tx, ctx, { action: 'alert.tested', target: { kind: 'alert', id: made } }, clock);
        return made;
      });
      await deliver([ctx.tenantId]);
      return database.inTenant(ctx, (tx) => readAlert(tx, id));
    },
    sendAlertAgain: (ctx, deliveryId) =>
      database.inTenant(ctx, async (tx) => {
        const delivery = await sendAgain(tx, deliveryId);
        const target = { kind: 'alert', id: delivery.alertId };
        await appendAudit(tx, ctx, { action: 'alert.resent', target, after: { delivery: deliveryId } }, clock);
        return delivery;
      }),
    deliverAlerts: deliver,
  };
}
