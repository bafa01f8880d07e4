import type { Database } from '@switchyard/database';
import { AppError, canonicalJson, isUuid, type Ctx, type Json } from '@switchyard/kernel';
import type { Effect, Obligations } from './decision.ts';
import type { OpenDraft } from './drafts.ts';
import { readLogged, type LoggedInput } from './replay.store.ts';

export interface ReplayQuery {
  /** Where the last part ended; absent: the newest decision. */
  readonly cursor?: string | null;
  /** How many decisions of the log, newest first: 1 to 10,000. A part that takes long ends earlier. */
  readonly limit?: number | null;
}

export const REPLAY_OUTCOMES = ['denied', 'needs_approval', 'allowed', 'bounded'] as const;
/** What a call would newly be. `bounded`: allowed as it is today, with other masked fields or caps. */
export type ReplayOutcome = (typeof REPLAY_OUTCOMES)[number];

/** Decisions of one caller about one tool that would come out otherwise under the draft. */
export interface ReplayDifference {
  readonly principalKind: string;
  readonly principalId: string;
  readonly principalName: string;
  readonly server: string;
  readonly tool: string;
  /** Under the draft. */
  readonly outcome: ReplayOutcome;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** The newest of them, to read it whole. */
  readonly decisionId: string;
}

export interface ReplayPart {
  readonly examined: number;
  /** Those that the policy in force decides otherwise than the log says: the policy has changed since. */
  readonly changedSince: number;
  readonly differences: readonly ReplayDifference[];
  /** The `cursor` of what follows; null at the log's end. */
  readonly next: string | null;
}

const MOST = 10_000;
/** Rows in memory at a time: what a replay needs does not grow with the log. */
const PAGE = 1_000;
/** After it a part ends with what it has, so that whoever waits sees it go on. */
const PART_MS = 2_000;
/** Evaluations between two pauses in which the process does its other work. */
const BREATH = 250;
/** Characters of questions whose answers are remembered within one part. */
const REMEMBERED_CHARS = 8_000_000;

interface Answer {
  /** Of the policy in force. */
  readonly today: Effect;
  /** Undefined where the draft changes nothing. */
  readonly becomes: ReplayOutcome | undefined;
}

interface Judged {
  readonly effect: Effect;
  readonly obligations: Obligations;
}

function becomes(today: Judged, tomorrow: Judged): ReplayOutcome | undefined {
  const kindOf = ({ effect, obligations }: Judged): ReplayOutcome =>
    effect === 'deny' ? 'denied' : obligations.approval ? 'needs_approval' : 'allowed';
  const kind = kindOf(tomorrow);
  if (kind !== kindOf(today)) return kind;
  const told = ({ obligations }: Judged): string => canonicalJson(obligations as unknown as Json);
  return kind !== 'denied' && told(today) !== told(tomorrow) ? 'bounded' : undefined;
}

/** Answers a question of the log under both policies; equal questions are decided once. */
function answering({ now, draft, clock }: OpenDraft): (logged: LoggedInput) => { answer: Answer; known: boolean } {
  const answers = new Map<string, Answer>();
  let chars = 0;
  return ({ input, at }) => {
    const question = clock ? `{"local":${JSON.stringify(clock(at))},${input.slice(1)}` : input;
    const known = answers.get(question);
    if (known) return { answer: known, known: true };
    const today = now.judge(question);
    const answer = { today: today.effect, becomes: becomes(today, draft.judge(question)) };
    chars += question.length;
    if (chars > REMEMBERED_CHARS) {
      answers.clear();
      chars = question.length;
    }
    answers.set(question, answer);
    return { answer, known: false };
  };
}

/**
 * Decides logged decisions once more, under the policy in force and under a draft, and tells where the two part. The log's
 * arguments are masked: a rule that reads them sees tokens here.
 */
export async function replayPart(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  { cursor, limit: wanted }: ReplayQuery,
  opened: OpenDraft,
): Promise<ReplayPart> {
  if (cursor && !isUuid(cursor))
    throw new AppError('invalid_request', 'This cursor is not one of ours: start again without one.');
  const limit = Math.min(Math.max(wanted ?? 1_000, 1), MOST);
  const until = performance.now() + PART_MS;
  const answer = answering(opened);
  const differences = new Map<string, ReplayDifference>();
  let [examined, changedSince, evaluated] = [0, 0, 0];
  let before = cursor ?? null;
  for (;;) {
    const asked = Math.min(PAGE, limit - examined);
    const page = { before, limit: asked + 1, readsArguments: opened.readsArguments };
    const rows = await database.inTenant(ctx, (tx) => readLogged(tx, page));
    const more = rows.length > asked;
    for (const row of rows.slice(0, asked)) {
      ctx.signal.throwIfAborted();
      const { answer: found, known } = answer(row);
      if (!known && ++evaluated % BREATH === 0) await new Promise((resolve) => setImmediate(resolve));
      examined++;
      before = row.id;
      if (found.today !== row.effect) changedSince++;
      if (found.becomes) note(differences, row, found.becomes);
    }
    const ended = !more || examined >= limit || performance.now() > until;
    if (!ended) continue;
    return {
      examined,
      changedSince,
      differences: [...differences.values()].sort((a, b) => b.count - a.count),
      next: more ? before : null,
    };
  }
}

function note(
  differences: Map<string, ReplayDifference>,
  { id, at, principalKind, principalId, principalName, server, tool }: LoggedInput,
  outcome: ReplayOutcome,
): void {
  const key = JSON.stringify([principalId, server, tool, outcome]);
  const known = differences.get(key);
  differences.set(key, {
    principalKind,
    principalId,
    principalName,
    server,
    tool,
    outcome,
    count: (known?.count ?? 0) + 1,
    firstAt: at, // newest first
    lastAt: known?.lastAt ?? at,
    decisionId: known?.decisionId ?? id,
  });
}
