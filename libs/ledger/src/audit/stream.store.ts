import type { Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import { storableText } from '../storable.ts';

type OfTenant = Pick<Ctx, 'tenantId'>;

export interface Stream {
  readonly url: string;
  /** The receiver has acknowledged all links up to this one. */
  readonly ackedSeq: number;
  /** Attempts in a row that failed. */
  readonly failures: number;
  readonly nextAt: Date;
  readonly lastError: string | null;
  readonly lastAckedAt: Date | null;
}

export async function readStream(tx: Tx, { tenantId }: OfTenant): Promise<Stream | undefined> {
  const row = await tx.auditStream.findFirst({ where: { tenantId }, omit: { tenantId: true } });
  return row ? { ...row, ackedSeq: Number(row.ackedSeq) } : undefined;
}

/** Due at once. */
export async function writeStream(
  tx: Tx,
  { tenantId }: OfTenant,
  { url, ackedSeq }: Pick<Stream, 'url' | 'ackedSeq'>,
): Promise<void> {
  const row = { url, ackedSeq, failures: 0, nextAt: new Date(0), lastError: null };
  await tx.auditStream.upsert({ where: { tenantId }, create: { tenantId, ...row }, update: row });
}

export async function removeStream(tx: Tx, { tenantId }: OfTenant): Promise<void> {
  await tx.auditStream.deleteMany({ where: { tenantId } });
}

/** Takes the stream for `leaseSeconds`, where there is something to send and it is due; no other node sends meanwhile. */
export async function claimStream(tx: Tx, leaseSeconds: number): Promise<Stream | undefined> {
  const [row] = await tx.$queryRaw<Stream[]>`
    UPDATE audit_stream SET next_at = now() + make_interval(secs => ${leaseSeconds}::float8)
    WHERE tenant_id = current_tenant() AND next_at <= now()
      AND acked_seq < (SELECT seq FROM audit_head WHERE tenant_id = current_tenant())
    RETURNING url, acked_seq::float8 AS "ackedSeq", failures, next_at AS "nextAt", last_error AS "lastError",
              last_acked_at AS "lastAckedAt"`;
  return row;
}

interface Sent {
  readonly url: string;
  /** As it was when it was sent: whoever was overtaken, or whose settings were changed meanwhile, changes nothing. */
  readonly from: number;
}

/** False: somebody else has gone on from here. `leaseSeconds` of 0 gives the stream back. */
export async function ackStream(
  tx: Tx,
  { url, from, to, leaseSeconds }: Sent & { to: number; leaseSeconds: number },
): Promise<boolean> {
  const rows = await tx.$executeRaw`
    UPDATE audit_stream
    SET acked_seq = ${to}::bigint, failures = 0, last_error = NULL, last_acked_at = now(),
        next_at = now() + make_interval(secs => ${leaseSeconds}::float8)
    WHERE tenant_id = current_tenant() AND acked_seq = ${from}::bigint AND url = ${url}`;
  return rows > 0;
}

export async function releaseStream(tx: Tx, { url, from }: Sent): Promise<void> {
  await tx.$executeRaw`
    UPDATE audit_stream SET next_at = now()
    WHERE tenant_id = current_tenant() AND acked_seq = ${from}::bigint AND url = ${url}`;
}

export async function failStream(
  tx: Tx,
  { url, from, error, againInMs }: Sent & { error: string; againInMs: number },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE audit_stream
    SET failures = failures + 1, last_error = ${storableText(error.slice(0, 500))},
        next_at = now() + make_interval(secs => ${againInMs / 1_000}::float8)
    WHERE tenant_id = current_tenant() AND acked_seq = ${from}::bigint AND url = ${url}`;
}
