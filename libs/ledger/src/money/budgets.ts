import type { Clock, ConnectionId, Ctx } from '@switchyard/kernel';
import { announce, type Database, type Tx } from '@switchyard/database';
import { LRUCache } from 'lru-cache';
import { WEBHOOK_SECRET } from '../alerts/alert.ts';
import type { Senders } from '../alerts/deliver.ts';
import { insertAlert, moveWebhook } from '../alerts/outbox.store.ts';
import { newWebhookSecret } from '../alerts/webhook.ts';
import { appendAudit } from '../audit/audit.store.ts';
import { Refreshed } from '../limits/refreshed.ts';
import { budgetExceeded, changedBudget, crossings, type BudgetChange } from './budget.ts';
import { lockBudget, readBudget, writeBudget, type Budget } from './budget.store.ts';
import { lockSpend, markAlerted, monthOf, readSpend, type Spend } from './spend.store.ts';

export interface AlertSenders extends Senders {
  /** Throws AppError where the URL must not be reached. */
  readonly checkUrl: (url: string) => Promise<void>;
  /** Puts a secret of the tenant into the vault, in the transaction. */
  readonly putSecret: (
    ctx: Ctx,
    secret: { readonly connectionId: ConnectionId; readonly name: string; readonly value: string },
    tx: Tx,
  ) => Promise<void>;
  readonly firstRetryMs?: number;
}

export interface BudgetState extends Budget {
  /** `2026-11`, UTC. */
  readonly month: string;
  readonly spentMicros: bigint;
  /** Thresholds of this month that were told. */
  readonly alertedMicros: readonly bigint[];
  /** False: the operator has set no SMTP_URL, and e-mails wait. */
  readonly emailReady: boolean;
}

export interface Budgets {
  budget(ctx: Ctx): Promise<BudgetState>;
  /**
   * Throws AppError `unprocessable` with the field's path, `forbidden` for a URL that must not be reached. `secret` is that
   * of a webhook which had none: it is told once.
   */
  setBudget(ctx: Ctx, change: BudgetChange): Promise<BudgetState & { readonly secret: string | null }>;
  /** What signs webhooks from now on; told once. */
  rotateWebhookSecret(ctx: Ctx): Promise<string>;
  /** Throws AppError `budget_exceeded` (details.retryAfterSeconds) where the month's budget is spent and blocks. Cheap: in memory for two seconds. */
  requireBudget(ctx: Pick<Ctx, 'tenantId'>): Promise<void>;
}

interface BudgetsOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly clock: Clock;
  readonly senders: AlertSenders;
  readonly raised?: ((kind: string) => void) | undefined;
}

const FRESH_MS = 2_000;
const MAX_TENANTS = 10_000;

interface Known {
  readonly budget: Budget;
  readonly spend: Spend;
}

const shown = ({ webhookUrl, emails, mode, ...money }: Budget): Record<string, unknown> => ({
  pilotMicros: String(money.pilotMicros),
  strongMicros: String(money.strongMicros),
  mode,
  webhookUrl,
  emails: [...emails],
});

export function createBudgets({ database, clock, senders, raised }: BudgetsOptions): Budgets & {
  /** Tells of the thresholds that a month has reached and that were not told, once among all nodes. */
  tellOfSpending(ctx: Ctx, month: string): Promise<void>;
  forget(tenantId: string | undefined): void;
} {
  const known = new LRUCache<string, Refreshed<Known>>({ max: MAX_TENANTS });
  const forget = (tenantId: string | undefined): void =>
    tenantId === undefined ? known.clear() : void known.delete(tenantId);

  async function tell(tx: Tx, ctx: Ctx, { month, spend, budget }: { month: string; spend: Spend; budget: Budget }) {
    const reached = crossings(budget, spend, month);
    if (reached.length === 0) return;
    await markAlerted(tx, ctx, { month, thresholds: reached.map(({ thresholdMicros }) => thresholdMicros) });
    for (const { alert } of reached) {
      const made = await insertAlert(tx, ctx, { alert, targets: budget, clock });
      if (made !== undefined) raised?.(alert.kind);
      const target = { kind: 'budget', id: ctx.tenantId };
      await appendAudit(tx, ctx, { action: alert.kind, target, after: alert.data }, clock);
    }
    await announce(tx, ctx.tenantId, 'money');
  }

  const stateOf = async (tx: Tx, ctx: Ctx): Promise<BudgetState> => {
    const month = monthOf(clock.now());
    const [budget, spend] = [await readBudget(tx, ctx), await readSpend(tx, ctx, month)];
    return {
      ...budget,
      month: month.slice(0, 7),
      spentMicros: spend.costMicros,
      alertedMicros: spend.alerted,
      emailReady: senders.mailer !== undefined,
    };
  };

  return {
    forget,
    budget: (ctx) => database.inTenant(ctx, (tx) => stateOf(tx, ctx)),

    async setBudget(ctx, change) {
      if (change.webhookUrl) await senders.checkUrl(change.webhookUrl);
      const result = await database.inTenant(ctx, async (tx) => {
        const before = await lockBudget(tx, ctx, clock.now());
        const month = monthOf(clock.now());
        const spend = await lockSpend(tx, ctx, month); // before the chain's head, as whoever spends does
        const after = changedBudget(before, change);
        await writeBudget(tx, ctx, { budget: after, at: clock.now() });
        const secret = after.webhookUrl !== null && before.webhookUrl === null ? newWebhookSecret() : null;
        if (after.webhookUrl !== before.webhookUrl) await moveWebhook(tx, after.webhookUrl);
        const target = { kind: 'budget', id: ctx.tenantId };
        if (secret) await senders.putSecret(ctx, { ...WEBHOOK_SECRET, value: secret }, tx);
        await appendAudit(
          tx,
          ctx,
          { action: 'budget.changed', target, before: shown(before), after: shown(after) },
          clock,
        );
        await tell(tx, ctx, { month, spend, budget: after });
        await announce(tx, ctx.tenantId, 'money');
        return { ...(await stateOf(tx, ctx)), secret };
      });
      forget(ctx.tenantId);
      return result;
    },

    async rotateWebhookSecret(ctx) {
      const value = newWebhookSecret();
      await database.inTenant(ctx, (tx) => senders.putSecret(ctx, { ...WEBHOOK_SECRET, value }, tx));
      return value;
    },

    async requireBudget(ctx) {
      const now = clock.now();
      const found = known.get(ctx.tenantId) ?? new Refreshed<Known>(FRESH_MS);
      known.set(ctx.tenantId, found);
      const { budget, spend } = await found.get(now.getTime(), () =>
        database.inTenant(ctx, async (tx) => ({
          budget: await readBudget(tx, ctx),
          spend: await readSpend(tx, ctx, monthOf(now)),
        })),
      );
      if (budget.mode === 'block' && spend.costMicros >= budget.strongMicros) throw budgetExceeded(budget, now);
    },

    async tellOfSpending(ctx, month) {
      await database.inTenant(ctx, async (tx) => {
        const spend = await lockSpend(tx, ctx, month);
        await tell(tx, ctx, { month, spend, budget: await readBudget(tx, ctx) });
      });
    },
  };
}
