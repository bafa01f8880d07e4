import type { Clock, Ctx } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { auditHash, contentOf, FIRST_HASH, type AuditEvent } from './event.ts';
import { readChain, type AuditHead } from './audit.store.ts';

const BATCH = 1_000;
/** How far from its place a moved link is looked for. */
const MOVED_WITHIN = 100;

export interface AuditProblem {
  readonly kind: 'changed' | 'missing' | 'reordered' | 'inserted' | 'truncated' | 'anchor';
  readonly seq: number;
  /** What does not hold, in a sentence. */
  readonly message: string;
}

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
}

export interface VerifyOptions {
  readonly onProgress?: (progress: { readonly events: number; readonly of: number }) => void;
  /** A head noted down earlier: finds a chain that was rewritten as a whole by somebody who owns the database. */
  readonly anchor?: AuditHead;
}

/** Follows the chain link by link; pure. Feed it the links in the order of their numbers. */
export function createChainWalk(anchor?: AuditHead) {
  let last: AuditHead = { seq: 0, hash: FIRST_HASH };
  let events = 0;
  let problemCount = 0;
  const problems: AuditProblem[] = [];
  const note = (kind: AuditProblem['kind'], seq: number, message: string): void => {
    problemCount++;
    if (problems.length < 10) problems.push({ kind, seq, message });
  };

  function link(event: AuditEvent): void {
    const { seq } = event;
    events++;
    const content = contentOf(event);
    if (seq < 1) note('inserted', seq, `Event ${seq} does not belong to the chain, which starts at 1.`);
    if (seq > last.seq + 1) note('missing', last.seq + 1, missingMessage(last.seq + 1, seq - 1));
    if (auditHash(content) !== event.hash) {
      const origin = originOf(event);
      if (origin === undefined) note('changed', seq, `Event ${seq} was changed after it was written.`);
      else note('reordered', seq, `Event ${seq} is out of order: it was written as event ${origin}.`);
    } else if (seq === last.seq + 1 && content.previousHash !== last.hash)
      note(
        'inserted',
        seq,
        `Event ${seq} does not follow event ${last.seq}: one of the two was put in its place later.`,
      );
    if (anchor?.seq === seq && anchor.hash !== event.hash)
      note('anchor', seq, `Event ${seq} is not the one that was noted down: the chain was rewritten.`);
    last = { seq, hash: event.hash };
  }

  /** To be told once all links up to the head were fed. */
  function end(head: AuditHead | undefined): void {
    if (!head) {
      if (events > 0) note('truncated', last.seq, `The chain's head is gone, though ${events} events are there.`);
    } else if (last.seq < head.seq) note('truncated', last.seq + 1, missingMessage(last.seq + 1, head.seq));
    else if (last.seq > head.seq)
      note('inserted', head.seq + 1, `Event ${head.seq + 1} stands behind the chain's end.`);
    else if (last.hash !== head.hash && problemCount === 0)
      note('inserted', head.seq, `Event ${head.seq} is not the one that the chain's head tells of.`);
    if (anchor && anchor.seq > last.seq)
      note('anchor', anchor.seq, `Event ${anchor.seq}, which was noted down, is gone.`);
  }

  return { link, end, state: () => ({ last, events, problems, problemCount }) };
}

const missingMessage = (from: number, to: number): string =>
  from === to ? `Event ${from} is missing.` : `Events ${from} to ${to} are missing.`;

/** The number under which a link was written, if it was near this one. */
function originOf(event: AuditEvent): number | undefined {
  const content = contentOf(event);
  for (let away = 1; away <= MOVED_WITHIN; away++)
    for (const seq of [event.seq - away, event.seq + away])
      if (auditHash({ ...content, seq }) === event.hash) return seq;
  return undefined;
}

/** Reads the whole chain in batches, while others may go on adding to it. */
export async function verifyAudit(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  clock: Clock,
  { onProgress, anchor }: VerifyOptions = {},
): Promise<AuditVerification> {
  const started = performance.now();
  const walk = createChainWalk(anchor);
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    ctx.signal.throwIfAborted();
    const { head, links } = await database.inTenant(ctx, (tx) => readChain(tx, { after, take: BATCH }));
    for (const link of links) walk.link(link);
    after = links.at(-1)?.seq ?? after;
    onProgress?.({ events: walk.state().events, of: head?.seq ?? 0 });
    if (links.length === BATCH) continue;
    walk.end(head);
    const { last, events, problems, problemCount } = walk.state();
    return {
      ok: problemCount === 0,
      events,
      head: head?.hash ?? last.hash,
      headSeq: head?.seq ?? last.seq,
      verifiedAt: clock.now(),
      durationMs: Math.round(performance.now() - started),
      problem: problems[0]?.message ?? null,
      problemSeq: problems[0]?.seq ?? null,
      problems,
      problemCount,
    };
  }
}
