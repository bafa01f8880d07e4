import { auditHash, contentOf, FIRST_HASH, type AuditContent, type AuditEvent } from './event.ts';
import type { AuditHead } from './audit.store.ts';
import type { AuditSigner } from './signing.ts';
import { CHECKPOINT_SIGNED, HISTORY_CUT, readCheckpoint, readCut } from './statement.ts';

/** How far from its place a moved link is looked for. */
const MOVED_WITHIN = 100;
const MAX_PROBLEMS = 10;
const MAX_GAPS = 1_000;

interface Gap {
  readonly from: number;
  readonly to: number;
  /** The hash that the link behind the gap says stands before it. */
  readonly nextExpects: string;
}

export interface AuditProblem {
  readonly kind: 'changed' | 'missing' | 'reordered' | 'inserted' | 'truncated' | 'anchor' | 'signature';
  readonly seq: number;
  /** What does not hold, in a sentence. */
  readonly message: string;
}

export interface WalkOptions {
  /** A head noted down earlier: finds a chain that was rewritten as a whole by somebody who owns the database. */
  readonly anchor?: AuditHead | undefined;
  /** By which checkpoints and cuts are checked; without it they are taken for ordinary links, and a cut for a gap. */
  readonly signer?: AuditSigner | undefined;
  /** The link before the first that is fed, for a part of a chain; the start of the chain unless told. */
  readonly from?: AuditHead;
}

export interface WalkState {
  readonly last: AuditHead;
  readonly events: number;
  readonly problems: readonly AuditProblem[];
  readonly problemCount: number;
  /** Checkpoints whose signature holds. */
  readonly checkpoints: number;
  /** The newest link that a checkpoint vouches for; 0 for none. */
  readonly signedThrough: number;
  /** The newest link that retention cut off, as its signed record says; 0 for none. */
  readonly cutThrough: number;
}

/** Follows the chain link by link; pure, in bounded memory. Feed it the links in the order of their numbers. */
export function createChainWalk({ anchor, signer, from }: WalkOptions = {}) {
  let last: AuditHead = from ?? { seq: 0, hash: FIRST_HASH };
  let events = 0;
  let problemCount = 0;
  let problems: AuditProblem[] = [];
  let checkpoints = 0;
  let checkpointNumber: number | undefined;
  let signedThrough = 0;
  /** By the last link that each took. One for thousands of links. */
  const cuts = new Map<number, string>();
  let cutThrough = 0;
  /** Cut off by retention, or taken away: only a later link tells. */
  const gaps: Gap[] = [];

  const note = (kind: AuditProblem['kind'], seq: number, message: string): void => {
    problemCount++;
    if (problems.length < MAX_PROBLEMS) problems.push({ kind, seq, message });
  };

  function checkpoint(link: AuditContent): void {
    const found = signer && readCheckpoint(signer, link);
    if (!signer) return;
    if (found?.check === 'good') {
      if (checkpointNumber !== undefined && found.number !== checkpointNumber + 1)
        note('signature', link.seq, `Checkpoint ${checkpointNumber + 1} is missing before event ${link.seq}.`);
      checkpointNumber = found.number;
      checkpoints++;
      signedThrough = link.seq - 1;
    } else if (found?.check === 'unknown_key')
      note('signature', link.seq, unknownKey(`Event ${link.seq} is a checkpoint`, found.keyId));
    else
      note(
        'signature',
        link.seq,
        `Event ${link.seq} is a checkpoint whose signature does not hold: what stands before it is not what was signed.`,
      );
  }

  function historyCut(link: AuditContent): void {
    const found = signer && readCut(signer, link);
    if (!signer) return;
    if (found?.check === 'good') {
      cuts.set(found.through, found.hash);
      cutThrough = Math.max(cutThrough, found.through);
    } else
      note('signature', link.seq, `Event ${link.seq} says that history was cut off, and its signature does not hold.`);
  }

  function link(event: AuditEvent): void {
    const { seq } = event;
    events++;
    const content = contentOf(event);
    if (seq < 1) note('inserted', seq, `Event ${seq} does not belong to the chain, which starts at 1.`);
    if (seq > last.seq + 1) gap({ from: last.seq + 1, to: seq - 1, nextExpects: content.previousHash });
    if (auditHash(content) !== event.hash) {
      const origin = originOf(event);
      if (origin === undefined) note('changed', seq, `Event ${seq} was changed after it was written.`);
      else note('reordered', seq, `Event ${seq} is out of order: it was written as event ${origin}.`);
    } else {
      if (seq === last.seq + 1 && content.previousHash !== last.hash)
        note(
          'inserted',
          seq,
          `Event ${seq} does not follow event ${last.seq}: one of the two was put in its place later.`,
        );
      if (content.action === CHECKPOINT_SIGNED) checkpoint(content);
      if (content.action === HISTORY_CUT) historyCut(content);
    }
    if (anchor?.seq === seq && anchor.hash !== event.hash)
      note('anchor', seq, `Event ${seq} is not the one that was noted down: the chain was rewritten.`);
    last = { seq, hash: event.hash };
  }

  function gap(found: Gap): void {
    if (gaps.length < MAX_GAPS) gaps.push(found);
    else note('missing', found.from, missingMessage(found.from, found.to));
  }

  /** What is missing and was not cut off by a signed record. A cut may also have come while the chain was read. */
  function closeGaps(): void {
    const found = gaps
      .filter(({ to, nextExpects }) => cuts.get(to) !== nextExpects)
      .map(({ from, to }): AuditProblem => {
        const before = Math.max(from, ...[...cuts.keys()].filter((through) => through < to).map((one) => one + 1));
        return { kind: 'missing', seq: before, message: missingMessage(before, to) };
      });
    problemCount += found.length;
    problems = [...found, ...problems].sort((a, b) => a.seq - b.seq).slice(0, MAX_PROBLEMS);
  }

  /** To be told once all links up to the head were fed. */
  function end(head: AuditHead | undefined): void {
    closeGaps();
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

  const state = (): WalkState => ({
    last,
    events,
    problems,
    problemCount,
    checkpoints,
    signedThrough,
    cutThrough,
  });
  return { link, end, state };
}

const missingMessage = (from: number, to: number): string =>
  from === to ? `Event ${from} is missing.` : `Events ${from} to ${to} are missing.`;

const unknownKey = (what: string, keyId: string): string =>
  `${what} signed with the key ${keyId}, which is not known here: put that key back beside the one in use.`;

/** The number under which a link was written, if it was near this one. */
function originOf(event: AuditEvent): number | undefined {
  const content = contentOf(event);
  for (let away = 1; away <= MOVED_WITHIN; away++)
    for (const seq of [event.seq - away, event.seq + away])
      if (auditHash({ ...content, seq }) === event.hash) return seq;
  return undefined;
}
