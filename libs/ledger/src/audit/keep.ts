import { AppError, systemCtx, type Clock, type Ctx, type TenantId } from '@switchyard/kernel';
import type { Database, Tx } from '@switchyard/database';
import type { AlertInput } from '../alerts/alert.ts';
import { appendAudit, type AuditHead } from './audit.store.ts';
import { createChainWalk } from './chain-walk.ts';
import {
  deleteCut,
  lockChainEnd,
  lockKeeping,
  newestCheckpointNumber,
  readChainEnd,
  readKeeping,
  readOldest,
  writeKeeping,
} from './keeping.store.ts';
import type { AuditSigner } from './signing.ts';
import { checkpointEvent, cutEvent, type CutPart } from './statement.ts';
import { readStream } from './stream.store.ts';

export interface KeepOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly clock: Clock;
  readonly signer: AuditSigner;
  readonly alert: (tx: Tx, ctx: Ctx, alert: AlertInput) => Promise<boolean>;
}

/** A checkpoint is due after so long, or so many links, whichever is sooner. */
const CHECKPOINT_MS = 3_600_000;
const CHECKPOINT_LINKS = 10_000;
const KEEP_EVERY_MS = 3_600_000;
/** Links in one cut: while it is made, writers of the tenant wait. */
const CUT_LINKS = 5_000;
const DAY_MS = 86_400_000;
/** The database refuses less: see cut_audit. */
export const SHORTEST_RETENTION_DAYS = 31;
export const LONGEST_RETENTION_DAYS = 36_500;

/** Signs how the chain stands. Null: nothing has happened since the last one. */
export async function signCheckpoint(
  { database, clock, signer }: KeepOptions,
  ctx: Ctx,
  isDue: (since: { readonly links: number; readonly ms: number }) => boolean = () => true,
): Promise<AuditHead | null> {
  return database.inTenant(ctx, async (tx) => {
    const kept = await lockKeeping(tx, ctx);
    const head = await lockChainEnd(tx, ctx);
    const at = clock.now();
    const links = head.seq - kept.checkpointSeq;
    const ms = at.getTime() - (kept.checkpointAt?.getTime() ?? 0);
    if (links <= 0 || !isDue({ links, ms })) return null;
    const number = (await newestCheckpointNumber(tx, kept.checkpoint)) + 1;
    const signed = await appendAudit(tx, ctx, checkpointEvent(ctx, signer, { head, number, at }), clock);
    await writeKeeping(tx, ctx, { checkpoint: number, checkpointSeq: signed.seq, checkpointAt: at });
    return signed;
  });
}

/** What may go of the oldest links. Undefined: nothing; a message: what stands against it. */
async function cuttable(
  tx: Tx,
  { before, upTo, signer }: { before: Date; upTo: number; signer: AuditSigner },
): Promise<CutPart | { readonly problem: string } | undefined> {
  const oldest = await readOldest(tx, CUT_LINKS);
  const stays = oldest.findIndex(({ at, seq }) => at >= before || seq > upTo);
  const part = stays < 0 ? oldest : oldest.slice(0, stays);
  const [first] = part;
  const last = part.at(-1);
  if (!first || !last) return undefined;
  // Nobody gets rid of what they changed by waiting until it is cut off.
  const walk = createChainWalk({ signer, from: { seq: first.seq - 1, hash: first.previousHash } });
  for (const link of part) walk.link(link);
  walk.end({ seq: last.seq, hash: last.hash });
  const [problem] = walk.state().problems;
  if (problem) return { problem: problem.message };
  const times = part.map(({ at }) => at.getTime());
  return {
    through: last.seq,
    hash: last.hash,
    events: part.length,
    oldestAt: new Date(Math.min(...times)),
    newestAt: new Date(Math.max(...times)),
  };
}

/** Cuts off a part of what is older than the tenant keeps; false when there is no more of it. */
async function cutSome(options: KeepOptions, ctx: Ctx): Promise<boolean> {
  const { database, clock, signer, alert } = options;
  return database.inTenant(ctx, async (tx) => {
    const { retentionDays } = await lockKeeping(tx, ctx);
    const at = clock.now();
    await writeKeeping(tx, ctx, { keptAt: at });
    if (retentionDays === null) return false;
    const stream = await readStream(tx, ctx);
    const upTo = stream?.ackedSeq ?? Number.MAX_SAFE_INTEGER; // what the receiver has not got stays
    const before = new Date(at.getTime() - retentionDays * DAY_MS);
    const part = await cuttable(tx, { before, upTo, signer });
    if (!part) return false;
    if ('problem' in part) {
      await alert(tx, ctx, {
        kind: 'audit.cut_refused',
        dedupeKey: `audit.cut_refused/${part.problem}`,
        title: 'The audit log does not hold, so nothing of it is cut off',
        message: `${part.problem} Retention waits until somebody has looked: verify the log, and keep a copy of the database.`,
      });
      return false;
    }
    await appendAudit(tx, ctx, cutEvent(ctx, signer, { part, at }), clock);
    const gone = await deleteCut(tx, part.through);
    if (gone !== part.events) throw new Error(`${gone} links would have gone and not ${part.events}`);
    return part.events === CUT_LINKS;
  });
}

export const requireRetention = (days: number | null): void => {
  if (days !== null && !(Number.isInteger(days) && days >= SHORTEST_RETENTION_DAYS && days <= LONGEST_RETENTION_DAYS))
    throw new AppError(
      'unprocessable',
      `The log is kept for ever, or for ${SHORTEST_RETENTION_DAYS} to ${LONGEST_RETENTION_DAYS} whole days.`,
      { path: 'retentionDays' },
    );
};

/** Checkpoints that are due, and retention. May run on every node at once, every minute. */
export async function keepTenant(options: KeepOptions, tenantId: TenantId): Promise<void> {
  const ctx = systemCtx(tenantId);
  const { kept, end } = await options.database.inTenant(ctx, async (tx) => ({
    kept: await readKeeping(tx, ctx),
    end: await readChainEnd(tx),
  }));
  const now = options.clock.now().getTime();
  const isDue = ({ links, ms }: { links: number; ms: number }): boolean =>
    links >= CHECKPOINT_LINKS || (links > 0 && ms >= CHECKPOINT_MS);
  if (isDue({ links: end - kept.checkpointSeq, ms: now - (kept.checkpointAt?.getTime() ?? 0) }))
    await signCheckpoint(options, ctx, isDue);
  if (kept.retentionDays === null || now - (kept.keptAt?.getTime() ?? 0) < KEEP_EVERY_MS) return;
  while (await cutSome(options, ctx));
}
