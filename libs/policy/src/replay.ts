import type { Database } from '@switchyard/database';
import { AppError, canonicalJson, isUuid, SURFACES, type Ctx, type Json } from '@switchyard/kernel';
import { z } from 'zod';
import type { Effect, Verdict } from './decision.ts';
import type { OpenDraft, WholePolicy } from './drafts.ts';
import { restrict } from './modules/answer.ts';
import { DECISION_MS } from './modules/running.ts';
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

type Judged = Pick<Verdict, 'effect' | 'obligations'>;

function becomes(today: Judged, tomorrow: Judged): ReplayOutcome | undefined {
  const kindOf = ({ effect, obligations }: Judged): ReplayOutcome =>
    effect === 'deny' ? 'denied' : obligations.approval ? 'needs_approval' : 'allowed';
  const kind = kindOf(tomorrow);
  if (kind !== kindOf(today)) return kind;
  const told = ({ obligations }: Judged): string => canonicalJson(obligations as unknown as Json);
  return kind !== 'denied' && told(today) !== told(tomorrow) ? 'bounded' : undefined;
}

const Surfaced = z.object({ surface: z.enum(SURFACES), purpose: z.string() });

/** Decides questions of the log under one policy whole, in their order. */
async function judged({ engine, own }: WholePolicy, questions: readonly string[]): Promise<Judged[]> {
  const verdicts = questions.map((question) => engine.judge(question));
  if (!own) return verdicts;
  const asked = questions.flatMap((question, at) => {
    const verdict = verdicts[at];
    const { surface, purpose } = Surfaced.parse(JSON.parse(question));
    return verdict?.effect === 'allow' && purpose === 'call' ? [{ at, verdict, question, surface }] : [];
  });
  if (asked.length === 0) return verdicts;
  const findings = await own.evaluate(
    asked.map(({ question }) => question),
    asked.length * DECISION_MS,
  );
  for (const [place, { at, verdict, surface }] of asked.entries())
    verdicts[at] = restrict(verdict, findings[place] ?? { kind: 'failed', message: 'they gave no answer' }, surface);
  return verdicts;
}

/** Answers questions of the log under both policies; equal ones are decided once. */
class Answers {
  readonly #opened: OpenDraft;
  readonly #known = new Map<string, Answer>();
  #chars = 0;

  constructor(opened: OpenDraft) {
    this.#opened = opened;
  }

  async of(rows: readonly LoggedInput[], signal: AbortSignal): Promise<Answer[]> {
    const questions = rows.map((row) => this.#question(row));
    const asked = new Map(questions.map((question, at) => [question, rows[at]]));
    const unknown = [...asked.keys()].filter((question) => !this.#known.has(question));
    const fresh = new Map<string, Answer>();
    for (let at = 0; at < unknown.length; at += BREATH) {
      const some = unknown.slice(at, at + BREATH);
      const today = await judged(this.#opened.now, some);
      const touched = some.filter((question) => {
        const row = asked.get(question);
        return row !== undefined && this.#opened.touches(row);
      });
      const judgements = await judged(this.#opened.draft, touched);
      const tomorrow = new Map(touched.map((question, at) => [question, judgements[at]]));
      for (const [place, question] of some.entries()) {
        const [now, then] = [today[place], tomorrow.get(question)];
        if (now) fresh.set(question, { today: now.effect, becomes: then && becomes(now, then) });
      }
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
    const answers = questions.flatMap((question) => this.#known.get(question) ?? fresh.get(question) ?? []);
    for (const [question, answer] of fresh) {
      this.#chars += question.length;
      this.#known.set(question, answer);
    }
    if (this.#chars > REMEMBERED_CHARS) {
      this.#known.clear();
      this.#chars = 0;
    }
    return answers;
  }

  #question({ input, at }: LoggedInput): string {
    const { clock, readsAll } = this.#opened;
    const local = clock ? `"local":${JSON.stringify(clock(at))},` : '';
    const time = readsAll ? `"time":"${at.toISOString()}",` : '';
    return local || time ? `{${local}${time}${input.slice(1)}` : input;
  }
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
  const answers = new Answers(opened);
  const differences = new Map<string, ReplayDifference>();
  let [examined, changedSince] = [0, 0];
  let before = cursor ?? null;
  for (;;) {
    const asked = Math.min(PAGE, limit - examined);
    const page = { before, limit: asked + 1, readsArguments: opened.readsArguments };
    ctx.signal.throwIfAborted();
    const rows = await database.inTenant(ctx, (tx) => readLogged(tx, page));
    const more = rows.length > asked;
    const some = rows.slice(0, asked);
    const found = await answers.of(some, ctx.signal);
    for (const [place, row] of some.entries()) {
      const answer = found[place];
      examined++;
      before = row.id;
      if (answer?.today !== row.effect) changedSince++;
      if (answer?.becomes) note(differences, row, answer.becomes);
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
