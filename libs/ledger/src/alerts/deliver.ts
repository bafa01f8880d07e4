import { AppError, messageOf, type Clock, type TenantId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { WEBHOOK_SECRET } from './alert.ts';
import type { Mailer } from './mail.ts';
import { claimDue, markFailed, markSent, type DueDelivery } from './outbox.store.ts';
import { postWebhook, type Fetch } from './webhook.ts';

/** Gives the plaintext of the tenant's secrets, by name, for the length of `use` (the vault's `withSecrets`). */
export type WithSecrets = <T>(
  ctx: { readonly tenantId: TenantId },
  of: { readonly connectionId: typeof WEBHOOK_SECRET.connectionId },
  use: (secrets: Readonly<Record<string, string>>) => Promise<T>,
) => Promise<T>;

export interface Senders {
  /** Through the egress guard. */
  readonly fetch: Fetch;
  readonly withSecrets: WithSecrets;
  /** Undefined where the operator set no SMTP_URL. */
  readonly mailer: Mailer | undefined;
}

export interface DeliverOptions extends Senders {
  readonly database: Pick<Database, 'inTenant'>;
  readonly clock: Clock;
  /** After the first failure; doubled after each further one, an hour at most. */
  readonly firstRetryMs?: number;
}

const BATCH = 20;
/** Tenants at the same time. */
const WORKERS = 8;
/** Longer than an attempt can take. */
const LEASE_SECONDS = 60;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 3_600_000;
/** About a day; then it is shown as failed, and a person may send it again. */
const MAX_ATTEMPTS = 33;

const backOff = (attempts: number, firstMs: number): number | undefined =>
  attempts >= MAX_ATTEMPTS ? undefined : Math.min(firstMs * 2 ** (attempts - 1), LONGEST_RETRY_MS);

async function send(delivery: DueDelivery, tenantId: TenantId, options: DeliverOptions): Promise<void> {
  if (delivery.channel === 'email') {
    if (!options.mailer) throw new AppError('unavailable', 'The operator has set no SMTP_URL, so no mail can be sent.');
    return options.mailer.send(delivery);
  }
  return options.withSecrets({ tenantId }, { connectionId: WEBHOOK_SECRET.connectionId }, (secrets) => {
    const secret = secrets[WEBHOOK_SECRET.name];
    if (secret === undefined) throw new AppError('unavailable', 'The webhook has no secret: set its URL again.');
    return postWebhook(delivery, { fetch: options.fetch, secret, tenantId, now: options.clock.now() });
  });
}

/** What a failure may tell: our own words, or a short one; texts of libraries may carry addresses and credentials. */
const told = (error: unknown): string => {
  if (error instanceof AppError || /^the webhook answered \d+$/.test(messageOf(error))) return messageOf(error);
  const { code, name } = error as { code?: unknown; name?: unknown };
  return `it could not be reached (${typeof code === 'string' ? code : String(name)})`;
};

async function attempt(delivery: DueDelivery, tenantId: TenantId, options: DeliverOptions): Promise<boolean> {
  const { database, clock } = options;
  const { id, attempts } = delivery;
  try {
    await send(delivery, tenantId, options);
  } catch (error) {
    const againInMs = backOff(attempts, options.firstRetryMs ?? FIRST_RETRY_MS);
    await database.inTenant({ tenantId }, (tx) => markFailed(tx, { id, attempts, error: told(error), againInMs }));
    return false;
  }
  // Dying here sends it once more, under the same id: at least once, never not at all.
  await database.inTenant({ tenantId }, (tx) => markSent(tx, { id, at: clock.now() }));
  return true;
}

/** Sends what is due. May run on every node at once. Returns how many arrived. */
export async function deliverDue(tenants: readonly TenantId[], options: DeliverOptions): Promise<number> {
  let arrived = 0;
  const waiting = tenants.values();
  const work = async (): Promise<void> => {
    for (const tenantId of waiting) arrived += await deliverOf(tenantId, options);
  };
  await Promise.all(Array.from({ length: Math.min(WORKERS, tenants.length) }, work)); // one slow receiver does not hold up the rest
  return arrived;
}

async function deliverOf(tenantId: TenantId, options: DeliverOptions): Promise<number> {
  const due = await options.database.inTenant({ tenantId }, (tx) =>
    claimDue(tx, { take: BATCH, leaseSeconds: LEASE_SECONDS }),
  );
  const ended = await Promise.all(due.map((delivery) => attempt(delivery, tenantId, options)));
  return ended.filter(Boolean).length;
}
