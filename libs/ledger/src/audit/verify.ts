import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Ctx } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { readChain, type AuditHead } from './audit.store.ts';
import { createChainWalk, type AuditProblem } from './chain-walk.ts';
import type { AuditSigner } from './signing.ts';

const BATCH = 1_000;
/** Hashing so many takes about 2 ms, which is what others wait meanwhile. */
const LINKS_AT_ONCE = 50;

export interface AuditVerification {
  readonly ok: boolean;
  /** Links that were read. */
  readonly events: number;
  /** The chain's end in hex; kept elsewhere, it can be handed in as an anchor later. */
  readonly head: string;
  readonly headSeq: number;
  readonly verifiedAt: Date;
  readonly durationMs: number;
  /** The first link that does not hold, in words; null when all do. */
  readonly problem: string | null;
  readonly problemSeq: number | null;
  /** The first few; `problemCount` says how many there were. */
  readonly problems: readonly AuditProblem[];
  readonly problemCount: number;
  /** Checkpoints whose signature holds. */
  readonly checkpoints: number;
  /** The newest link that a checkpoint vouches for; 0 where none does. */
  readonly signedThrough: number;
  /** The newest link that retention cut off, by its signed record; 0 where nothing was. */
  readonly cutThrough: number;
}

export interface VerifyOptions {
  readonly onProgress?: (progress: { readonly events: number; readonly of: number }) => void;
  /** A head noted down earlier: finds a chain that was rewritten as a whole by somebody who owns the database. */
  readonly anchor?: AuditHead | undefined;
}

/** Reads the whole chain in batches, in bounded memory, while others may go on adding to it. */
export async function verifyAudit(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  { clock, signer, onProgress, anchor }: VerifyOptions & { clock: Clock; signer: AuditSigner | undefined },
): Promise<AuditVerification> {
  const started = performance.now();
  const walk = createChainWalk({ anchor, signer });
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    ctx.signal.throwIfAborted();
    const { head, links } = await database.inTenant(ctx, (tx) => readChain(tx, { after, take: BATCH }));
    for (const [at, link] of links.entries()) {
      walk.link(link);
      if (at % LINKS_AT_ONCE === LINKS_AT_ONCE - 1) await nextTurn();
    }
    after = links.at(-1)?.seq ?? after;
    onProgress?.({ events: walk.state().events, of: head?.seq ?? 0 });
    if (links.length === BATCH) continue;
    walk.end(head);
    const { last, ...found } = walk.state();
    return {
      ...found,
      ok: found.problemCount === 0,
      head: head?.hash ?? last.hash,
      headSeq: head?.seq ?? last.seq,
      verifiedAt: clock.now(),
      durationMs: Math.round(performance.now() - started),
      problem: found.problems[0]?.message ?? null,
      problemSeq: found.problems[0]?.seq ?? null,
    };
  }
}
