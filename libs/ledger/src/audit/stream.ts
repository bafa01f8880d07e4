import {
  AppError,
  messageOf,
  systemCtx,
  type Clock,
  type ConnectionId,
  type Ctx,
  type TenantId,
} from '@switchyard/kernel';
import type { Database, Tx } from '@switchyard/database';
import type { AlertInput } from '../alerts/alert.ts';
import { signature, type Fetch } from '../alerts/webhook.ts';
import { readLinks } from './audit.store.ts';
import { toJson } from './export.ts';
import { ackStream, claimStream, failStream, releaseStream } from './stream.store.ts';

/** Under this name the vault keeps what signs a tenant's stream; it is no connection. */
export const STREAM_SECRET = {
  connectionId: '00000000-0000-7000-8000-00000a0d1751' as ConnectionId,
  name: 'audit_stream_secret',
} as const;

export interface StreamOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly clock: Clock;
  /** Through the egress guard. */
  readonly fetch: Fetch;
  /** The plaintext of the stream's secret, for the length of `use`; undefined where there is none. */
  readonly withSecret: <T>(tenantId: TenantId, use: (secret: string | undefined) => Promise<T>) => Promise<T>;
  readonly alert: (tx: Tx, ctx: Ctx, alert: AlertInput) => Promise<boolean>;
  /** After the first failure; doubled after each further one, five minutes at most. */
  readonly firstRetryMs?: number;
}

const TIMEOUT_MS = 10_000;
/** Longer than an attempt can take. */
const LEASE_SECONDS = 30;
/** Then the next tenant has its turn. */
const TURN_MS = 20_000;
const MAX_LINKS = 500;
const MAX_CHARS = 1_000_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 300_000;
/** About twenty minutes: then people are told. */
const TOLD_AFTER_FAILURES = 11;
const WORKERS = 8;

interface Batch {
  readonly from: number;
  readonly to: number;
  readonly body: string;
}

async function nextBatch(tx: Tx, tenantId: TenantId, acked: number): Promise<Batch | undefined> {
  const links = await readLinks(tx, { after: acked, take: MAX_LINKS });
  const [first] = links;
  if (!first) return undefined;
  const events: string[] = [];
  let chars = 0;
  let to = first.seq;
  for (const link of links) {
    const json = toJson(link);
    chars += json.length;
    if (events.length > 0 && chars > MAX_CHARS) break;
    events.push(json);
    to = link.seq;
  }
  const head = JSON.stringify({ tenantId, from: first.seq, to }).slice(0, -1);
  return { from: first.seq, to, body: `${head},"events":[${events.join(',')}]}` };
}

/** Throws where the receiver did not take it: every answer but 2xx, redirects included. */
async function post(batch: Batch, url: string, tenantId: TenantId, options: StreamOptions): Promise<void> {
  await options.withSecret(tenantId, async (secret) => {
    if (secret === undefined)
      throw new AppError('unavailable', 'The stream has no secret: an admin must make a new one.');
    const response = await options.fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Switchyard',
        'x-switchyard-delivery': `${tenantId}/${batch.from}-${batch.to}`,
        'x-switchyard-signature': signature(secret, batch.body, options.clock.now()),
      },
      body: batch.body,
    });
    await response.body?.cancel();
    if (!response.ok) throw new AppError('upstream_failed', `The receiver answered ${response.status}.`);
  });
}

/** What a failure may tell: our own words, or a short one; texts of libraries may carry addresses and credentials. */
const told = (error: unknown): string => {
  if (error instanceof AppError) return messageOf(error);
  const { code, name } = error as { code?: unknown; name?: unknown };
  return `It could not be reached (${typeof code === 'string' ? code : String(name)}).`;
};

const backOff = (failures: number, firstMs: number): number =>
  Math.min(firstMs * 2 ** Math.min(failures, 30), LONGEST_RETRY_MS);

async function fail(
  tenantId: TenantId,
  options: StreamOptions,
  { error, url, from, failures }: { error: string; url: string; from: number; failures: number },
): Promise<void> {
  const ctx = systemCtx(tenantId);
  const againInMs = backOff(failures, options.firstRetryMs ?? FIRST_RETRY_MS);
  await options.database.inTenant(ctx, async (tx) => {
    await failStream(tx, { url, from, error, againInMs });
    if (failures + 1 === TOLD_AFTER_FAILURES)
      await options.alert(tx, ctx, {
        kind: 'audit.stream_stalled',
        dedupeKey: `audit.stream_stalled/${from}`,
        title: 'The audit log does not reach its receiver',
        message: `${error} Nothing is lost: it is tried again every five minutes, and goes on behind event ${from}.`,
        data: { acknowledged: from },
      });
  });
}

/**
 * Sends a tenant's links in their order, from behind the last acknowledged. A batch counts when its acknowledgement is on
 * record: dying before that sends it once more, so that each link arrives at least once. Gives how many were acknowledged.
 */
export async function streamTenant(tenantId: TenantId, options: StreamOptions): Promise<number> {
  const { database } = options;
  const claimed = await database.inTenant({ tenantId }, (tx) => claimStream(tx, LEASE_SECONDS));
  if (!claimed) return 0;
  const { url } = claimed;
  const until = performance.now() + TURN_MS;
  let acked = claimed.ackedSeq;
  for (;;) {
    const from = acked;
    const batch =
      performance.now() < until
        ? await database.inTenant({ tenantId }, (tx) => nextBatch(tx, tenantId, from))
        : undefined;
    if (!batch) {
      await database.inTenant({ tenantId }, (tx) => releaseStream(tx, { url, from }));
      return acked - claimed.ackedSeq;
    }
    try {
      await post(batch, url, tenantId, options);
    } catch (error) {
      const failures = from === claimed.ackedSeq ? claimed.failures : 0;
      await fail(tenantId, options, { error: told(error), url, from, failures });
      return acked - claimed.ackedSeq;
    }
    const isOurs = await database.inTenant({ tenantId }, (tx) =>
      ackStream(tx, { url, from, to: batch.to, leaseSeconds: LEASE_SECONDS }),
    );
    if (!isOurs) return acked - claimed.ackedSeq;
    acked = batch.to;
  }
}

/** May run on every node at once. One slow receiver does not hold up the rest. */
export async function streamTenants(tenants: readonly TenantId[], options: StreamOptions): Promise<number> {
  let arrived = 0;
  const waiting = tenants.values();
  const work = async (): Promise<void> => {
    for (const tenantId of waiting) arrived += await streamTenant(tenantId, options);
  };
  await Promise.all(Array.from({ length: Math.min(WORKERS, tenants.length) }, work));
  return arrived;
}
