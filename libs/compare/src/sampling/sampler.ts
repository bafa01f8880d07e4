import { AppError, messageOf, newId, type Ctx, type TenantId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import type { AnswerWith, Embed, OnlyReads, RecordAccuracy, ServedAnswer } from '../answers/arm-answer.ts';
import { keeper, type MaskerOf } from '../answers/kept-answer.ts';
import { likeness } from '../comparison/answer-case.ts';
import { insertForGrading } from '../grading/grading.store.ts';
import { questionOf } from '../suites/suite.ts';
import { isDrawn } from './draw.ts';
import type { StoredSampling } from './settings.ts';
import { readSettings } from './settings.store.ts';
import { otherArm, pairUp } from './shadow-pair.ts';
import { finishShadow, reserve, type ShadowEnd } from './shadow.store.ts';

export interface SamplerOptions {
  readonly database: Pick<Database, 'inTenant' | 'onChange'>;
  readonly answerWith: AnswerWith;
  readonly embed?: Embed | undefined;
  readonly onlyReads: OnlyReads;
  readonly recordAccuracy: RecordAccuracy;
  readonly now: () => Date;
  /** With the tenant's own kinds of private data, for what is stored. */
  readonly maskerOf: MaskerOf;
  readonly log: (message: string) => void;
}

/** On one node: users' own answers come first. */
const AT_ONCE = 2;
const MOST_WAITING = 50;
const SHADOW_MS = 300_000;
/** What another node changed is heard of at once; this is for what was not heard. */
const BELIEVED_MS = 10_000;

interface Drawn {
  readonly ctx: Ctx;
  readonly served: ServedAnswer;
  readonly settings: StoredSampling;
}

/** Hears every answer that a user got, and has some of them answered by the other arm or graded by a person. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #stopping = new AbortController();
  readonly #settings = new Map<TenantId, { at: number; value: Promise<StoredSampling> }>();
  readonly #waiting: Drawn[] = [];
  readonly #work = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;
  #running = 0;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#unsubscribe = options.database.onChange(({ topic, tenantId }) => {
      if (topic === 'all') this.#settings.clear();
      if (topic === 'comparisons' && tenantId) this.#settings.delete(tenantId as TenantId);
    });
  }

  /** Never blocks and never throws: the user has been answered, and must not notice. */
  heard(ctx: Ctx, served: ServedAnswer): void {
    if (this.#stopping.signal.aborted) return;
    this.#keep(this.#draw(ctx, served));
  }

  /** Resolves when nothing that was heard is under way any more. */
  async idle(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#waiting.length = 0;
    this.#stopping.abort(new AppError('unavailable', 'The server is stopping.'));
    await this.idle();
  }

  #keep(work: Promise<void>): void {
    const kept = work
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#options.log(`a sampled answer was lost: ${messageOf(error)}`);
      })
      .finally(() => this.#work.delete(kept));
    this.#work.add(kept);
  }

  #settingsOf({ tenantId }: Ctx): Promise<StoredSampling> {
    const at = this.#options.now().getTime();
    const known = this.#settings.get(tenantId);
    if (known && at - known.at < BELIEVED_MS) return known.value;
    const value = this.#options.database.inTenant({ tenantId }, (tx) => readSettings(tx, { tenantId }));
    value.catch(() => this.#settings.delete(tenantId));
    this.#settings.set(tenantId, { at, value });
    return value;
  }

  async #draw(ctx: Ctx, served: ServedAnswer): Promise<void> {
    const settings = await this.#settingsOf(ctx);
    const { tenantId } = ctx;
    const drawn = (kind: 'shadow' | 'grading', basisPoints: number): boolean =>
      isDrawn(kind, { tenantId, answerId: served.id, basisPoints });
    // What has changed something cannot be asked again: an arm that may only read would fail at it.
    const isWanted =
      drawn('shadow', settings.shadowBasisPoints) && (await this.#options.onlyReads(ctx, served.answer.tools));
    if (isWanted && this.#waiting.length < MOST_WAITING) {
      this.#waiting.push({ ctx, served, settings });
      this.#next();
    }
    if (!served.answer.error && drawn('grading', settings.gradingBasisPoints)) {
      const keep = keeper(await this.#options.maskerOf(ctx));
      const [question, answer] = [keep.text(questionOf(served.messages)), keep.text(served.answer.text)];
      await this.#options.database.inTenant(ctx, (tx) => insertForGrading(tx, ctx, { served, question, answer }));
    }
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const drawn = this.#waiting.shift();
      if (!drawn) return;
      this.#running += 1;
      this.#keep(
        this.#shadow(drawn).finally(() => {
          this.#running -= 1;
          this.#next();
        }),
      );
    }
  }

  async #shadow({ ctx: theirs, served, settings }: Drawn): Promise<void> {
    const { database, now } = this.#options;
    const id = newId(now().getTime());
    const shadowArm = otherArm(served.arm);
    const keep = keeper(await this.#options.maskerOf(theirs));
    const run = {
      id,
      conversation: served.conversation,
      exposureId: served.exposureId,
      servedArm: served.arm,
      shadowArm,
      question: keep.text(questionOf(served.messages)),
      served: keep.answer(served.answer),
    };
    const begun = await database.inTenant(theirs, (tx) => reserve(tx, theirs, { run, settings, now: now() }));
    if (!begun) return;
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(SHADOW_MS)]);
    // As its user, whose tools it may read with, but no part of their conversation.
    const { conversation: _theirs, runId: _none, ...rest } = theirs;
    const ctx: Ctx = { ...rest, surface: 'shadow', signal };
    let delta: number | null = null;
    const end = await this.#compare(ctx, served, keep)
      .then((compared) => {
        delta = compared.delta;
        return compared.end;
      })
      .catch((error: unknown): ShadowEnd => {
        if (!(error instanceof AppError) && !signal.aborted)
          this.#options.log(`a shadow run broke: ${messageOf(error)}`);
        const text = error instanceof AppError ? error.message : 'It broke or took too long; the log has the details.';
        return { ...NO_ANSWER, error: text, finishedAt: now() };
      });
    await database.inTenant(ctx, (tx) => finishShadow(tx, id, end));
    // The scripted model's answers are nobody's accuracy.
    if (delta === null || end.scripted) return;
    const { conversation, exposureId } = served;
    await this.#options.recordAccuracy(ctx, { conversation, exposureId, source: 'shadow', delta });
  }

  async #compare(
    ctx: Ctx,
    served: ServedAnswer,
    keep: ReturnType<typeof keeper>,
  ): Promise<{ end: ShadowEnd; delta: number | null }> {
    const { answerWith, embed, now } = this.#options;
    const options = { purpose: 'shadow', readOnly: true } as const;
    const shadow = await answerWith(ctx, otherArm(served.arm), served.messages, options);
    ctx.signal.throwIfAborted();
    const alike = await likeness(ctx, embed, [served.answer.text, shadow.text]);
    const paired = pairUp(served.arm, served.answer, shadow, alike);
    const answered = {
      shadow: keep.answer(shadow),
      scripted: shadow.scripted || served.answer.scripted,
      costMicros: shadow.costMicros,
      finishedAt: now(),
    };
    if (!paired.comparable) return { end: { ...NO_ANSWER, ...answered, error: paired.why }, delta: null };
    const { equivalence, delta } = paired;
    return {
      end: { ...answered, status: 'compared', verdict: equivalence.verdict, equivalence, error: null },
      delta,
    };
  }
}

const NO_ANSWER: Omit<ShadowEnd, 'finishedAt' | 'error'> = {
  status: 'failed',
  shadow: null,
  verdict: null,
  equivalence: null,
  scripted: false,
  costMicros: null,
};
