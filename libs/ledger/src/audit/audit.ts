import { AppError, type Clock, type Ctx, type TenantId } from '@switchyard/kernel';
import type { Database, Tx } from '@switchyard/database';
import { newWebhookSecret } from '../alerts/webhook.ts';
import type { AlertInput } from '../alerts/alert.ts';
import type { Page } from '../cursor.ts';
import type { AlertSenders } from '../money/budgets.ts';
import { appendAudit, listAudit, type AuditFilter, type AuditHead } from './audit.store.ts';
import type { AuditEvent, AuditInput } from './event.ts';
import { exportAudit, type AuditFormat } from './export.ts';
import { keepTenant, requireRetention, signCheckpoint, type KeepOptions } from './keep.ts';
import { lockKeeping, readChainEnd, readKeeping, writeKeeping, type Keeping } from './keeping.store.ts';
import type { AuditPublicKey, AuditSigner } from './signing.ts';
import { STREAM_SECRET, streamTenants } from './stream.ts';
import { readStream, removeStream, writeStream, type Stream } from './stream.store.ts';
import { verifyAudit, type AuditVerification, type VerifyOptions } from './verify.ts';

/** How a tenant's log is kept. */
export interface AuditKeeping extends Pick<Keeping, 'retentionDays' | 'checkpointSeq' | 'checkpointAt'> {
  /** The newest link. */
  readonly headSeq: number;
  /** Null: it is streamed nowhere. */
  readonly stream: Stream | null;
}

export interface StreamChange {
  /** Null takes the stream away. */
  readonly url: string | null;
  /** Where a new stream begins, or an old one goes on: behind the last acknowledged unless told. */
  readonly startAt?: 'oldest' | 'now' | undefined;
}

export interface Audit {
  /** Adds a link in the caller's transaction, with the change that it describes. Call it last: other writers of the tenant wait. */
  appendAudit(tx: Tx, ctx: Ctx, event: AuditInput): Promise<AuditHead>;
  /** A link by itself, for what changes nothing: that somebody looked at something. */
  recordAudit(ctx: Ctx, event: AuditInput): Promise<void>;
  listAudit(
    ctx: Ctx,
    query?: AuditFilter & { readonly cursor?: string | null; readonly limit?: number | null },
  ): Promise<Page<AuditEvent>>;
  verifyAudit(ctx: Ctx, options?: VerifyOptions): Promise<AuditVerification>;
  /** Lines with their ends, oldest first, as the log stands now; that it was exported is a link of its own, behind them. */
  exportAudit(ctx: Ctx, query: AuditFilter & { readonly format: AuditFormat }): AsyncGenerator<string, void, void>;
  auditKeeping(ctx: Ctx): Promise<AuditKeeping>;
  /** Null: for ever. Throws AppError `unprocessable`. */
  setAuditRetention(ctx: Ctx, retentionDays: number | null): Promise<AuditKeeping>;
  /** Throws AppError `forbidden` for a URL that must not be reached. `secret` is that of a new stream: it is told once. */
  setAuditStream(ctx: Ctx, change: StreamChange): Promise<AuditKeeping & { readonly secret: string | null }>;
  /** What signs the stream from now on; told once. Throws AppError `not_found` where there is no stream. */
  rotateAuditStreamSecret(ctx: Ctx): Promise<string>;
  /** Signs how the chain stands now. Null: nothing has happened since the last time. */
  signAuditCheckpoint(ctx: Ctx): Promise<AuditHead | null>;
  /** By which anybody can check checkpoints, the one that signs now first. */
  auditPublicKeys(): readonly AuditPublicKey[];
  /** Checkpoints that are due, and retention. To be called every minute on every node. */
  keepAudit(tenants: readonly TenantId[]): Promise<void>;
  /** To be called every few seconds on every node. Gives how many links were acknowledged. */
  streamAudit(tenants: readonly TenantId[]): Promise<number>;
}

interface AuditOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly clock: Clock;
  readonly senders: AlertSenders;
  readonly signer: AuditSigner | undefined;
  readonly alert: (tx: Tx, ctx: Ctx, alert: AlertInput) => Promise<boolean>;
}

const TARGET = { kind: 'audit', id: 'stream' } as const;

export function createAudit({ database, clock, senders, signer, alert }: AuditOptions): Audit {
  const keeping = (): KeepOptions => {
    if (!signer) throw new AppError('unavailable', 'This process was given no key to sign the audit log with.');
    return { database, clock, signer, alert };
  };
  const stateOf = async (tx: Tx, ctx: Ctx): Promise<AuditKeeping> => {
    const { retentionDays, checkpointSeq, checkpointAt } = await readKeeping(tx, ctx);
    const [headSeq, stream] = [await readChainEnd(tx), await readStream(tx, ctx)];
    return { retentionDays, checkpointSeq, checkpointAt, headSeq, stream: stream ?? null };
  };
  return {
    appendAudit: (tx, ctx, event) => appendAudit(tx, ctx, event, clock),
    recordAudit: async (ctx, event) => void (await database.inTenant(ctx, (tx) => appendAudit(tx, ctx, event, clock))),
    listAudit: (ctx, query) => listAudit(database, ctx, query),
    verifyAudit: (ctx, options) => verifyAudit(database, ctx, { ...options, clock, signer }),
    async *exportAudit(ctx, query) {
      const upTo = await database.inTenant(ctx, async (tx) => {
        const end = await readChainEnd(tx);
        const target = { kind: 'audit', id: 'export' };
        await appendAudit(tx, ctx, { action: 'audit.exported', target, after: query }, clock);
        return end;
      });
      yield* exportAudit(database, ctx, { ...query, upTo });
    },
    auditKeeping: (ctx) => database.inTenant(ctx, (tx) => stateOf(tx, ctx)),

    async setAuditRetention(ctx, retentionDays) {
      requireRetention(retentionDays);
      return database.inTenant(ctx, async (tx) => {
        const before = await lockKeeping(tx, ctx);
        await writeKeeping(tx, ctx, { retentionDays, keptAt: null });
        const change = { before: { retentionDays: before.retentionDays }, after: { retentionDays } };
        const target = { kind: 'audit', id: 'retention' };
        await appendAudit(tx, ctx, { action: 'audit.retention_changed', target, ...change }, clock);
        return stateOf(tx, ctx);
      });
    },

    async setAuditStream(ctx, { url, startAt }) {
      if (url !== null) await senders.checkUrl(url);
      return database.inTenant(ctx, async (tx) => {
        await lockKeeping(tx, ctx); // of two changes at once one comes after the other
        const before = await readStream(tx, ctx);
        const start = { oldest: 0, now: await readChainEnd(tx) };
        const ackedSeq = startAt ? start[startAt] : (before?.ackedSeq ?? start.oldest);
        const secret = url !== null && !before ? newWebhookSecret() : null;
        if (url === null) await removeStream(tx, ctx);
        else await writeStream(tx, ctx, { url, ackedSeq });
        if (secret) await senders.putSecret(ctx, { ...STREAM_SECRET, value: secret }, tx);
        await appendAudit(
          tx,
          ctx,
          {
            action: url === null ? 'audit.stream_removed' : 'audit.stream_changed',
            target: TARGET,
            before: before ? { url: before.url, acknowledged: before.ackedSeq } : null,
            after: url === null ? null : { url, acknowledged: ackedSeq },
          },
          clock,
        );
        return { ...(await stateOf(tx, ctx)), secret };
      });
    },

    async rotateAuditStreamSecret(ctx) {
      const value = newWebhookSecret();
      await database.inTenant(ctx, async (tx) => {
        if (!(await readStream(tx, ctx)))
          throw new AppError('not_found', 'The audit log is streamed nowhere: set a URL first.');
        await senders.putSecret(ctx, { ...STREAM_SECRET, value }, tx);
      });
      return value;
    },

    signAuditCheckpoint: async (ctx) => signCheckpoint(keeping(), ctx),
    auditPublicKeys: () => signer?.publicKeys ?? [],
    async keepAudit(tenants) {
      const options = keeping();
      const failed: unknown[] = [];
      for (const tenantId of tenants) await keepTenant(options, tenantId).catch((error: unknown) => failed.push(error));
      if (failed.length > 0) throw failed[0]; // one tenant's does not keep the others from theirs
    },
    streamAudit: (tenants) =>
      streamTenants(tenants, {
        database,
        clock,
        alert,
        fetch: senders.fetch,
        withSecret: (tenantId, use) =>
          senders.withSecrets({ tenantId }, { connectionId: STREAM_SECRET.connectionId }, (secrets) =>
            use(secrets[STREAM_SECRET.name]),
          ),
        ...(senders.firstRetryMs === undefined ? {} : { firstRetryMs: senders.firstRetryMs }),
      }),
  };
}
