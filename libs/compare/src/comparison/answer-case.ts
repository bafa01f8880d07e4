import { AppError, type Arm, type Ctx } from '@switchyard/kernel';
import type { AnswerWith, ArmAnswer, Embed } from '../answers/arm-answer.ts';
import { keeper } from '../answers/kept-answer.ts';
import { cosine } from '../equivalence/similarity.ts';
import { questionOf, type Case } from '../suites/suite.ts';
import { judgeCase } from './judge-case.ts';
import type { ComparedCase } from './comparison.ts';

export interface CaseDeps {
  readonly answerWith: AnswerWith;
  readonly embed?: Embed | undefined;
  readonly now: () => Date;
}

export interface CaseArms {
  readonly baseline: Arm;
  readonly candidate: Arm;
  /** Which of the two goes first: alternating, so that neither always finds warm caches. */
  readonly candidateFirst: boolean;
}

const NO_USAGE = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0, estimated: false };

/** An arm that was refused altogether has an answer all the same: none. */
const refused = ({ code, message }: AppError, latencyMs: number): ArmAnswer => ({
  text: '',
  tools: [],
  calls: 0,
  denied: false,
  runs: [],
  modelCalls: 0,
  usage: NO_USAGE,
  latencyMs,
  costMicros: null,
  model: null,
  scripted: false,
  error: { code, message },
});

/** Null where there are no embeddings: of what gives none, fails, or gives something else than was asked for. */
export async function likeness(
  ctx: Ctx,
  embed: Embed | undefined,
  texts: readonly [string, string],
): Promise<number | null> {
  if (!embed || texts.some((text) => text.trim() === '')) return null;
  try {
    const vectors = await embed(ctx, texts);
    return cosine(vectors?.[0], vectors?.[1]);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return null; // said in the report as "no embeddings": the comparison goes on by facts and words
  }
}

/** Both arms answer one case, one after the other, and are judged. Throws what the signal was aborted with. */
export async function answerCase(
  ctx: Ctx,
  deps: CaseDeps,
  { one, arms }: { one: Case; arms: CaseArms },
): Promise<ComparedCase> {
  const ask = async (arm: Arm): Promise<ArmAnswer> => {
    const began = performance.now();
    try {
      return await deps.answerWith(ctx, arm, one.messages, { purpose: 'compare', readOnly: !one.writes });
    } catch (error) {
      ctx.signal.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      return refused(error, performance.now() - began);
    }
  };
  const early = arms.candidateFirst ? await ask(arms.candidate) : undefined;
  const baseline = await ask(arms.baseline);
  const candidate = early ?? (await ask(arms.candidate));
  ctx.signal.throwIfAborted();
  const texts = { baseline: baseline.text, candidate: candidate.text };
  const alike = await likeness(ctx, deps.embed, [texts.baseline, texts.candidate]);
  const { equivalence, ...grades } = judgeCase(one, texts, alike);
  const keep = keeper();
  return {
    caseId: one.id,
    category: one.category,
    question: keep.text(questionOf(one.messages)),
    baseline: keep.answer(baseline),
    candidate: keep.answer(candidate),
    verdict: equivalence.verdict,
    judgement: { ...equivalence, ...grades } as ComparedCase['judgement'],
    finishedAt: deps.now(),
  };
}
