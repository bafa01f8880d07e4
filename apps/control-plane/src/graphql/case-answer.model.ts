import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import type { ComparedCase, KeptAnswer, ShadowRun } from '@switchyard/compare';

@ObjectType({ description: "an arm's answer to a question, masked and bounded" })
export class CaseAnswer {
  @Field(() => String)
  text!: string;
  @Field(() => [String], { description: '`server.tool` of those that were called' })
  tools!: string[];
  @Field(() => Int)
  calls!: number;
  @Field(() => [String], { description: 'ids of code that ran' })
  runs!: string[];
  @Field(() => Int)
  modelCalls!: number;
  @Field(() => Int)
  inputTokens!: number;
  @Field(() => Int)
  outputTokens!: number;
  @Field(() => Int)
  latencyMs!: number;
  @Field(() => Float, { nullable: true, description: 'micro-dollars; null where no price is known' })
  costMicros?: number | null;
  @Field(() => String, { nullable: true })
  model?: string | null;
  @Field(() => Boolean)
  scripted!: boolean;
  @Field(() => String, { nullable: true, description: 'why there is no answer' })
  error?: string | null;
}

@ObjectType()
export class StatedFacts {
  @Field(() => Int)
  met!: number;
  @Field(() => Int)
  of!: number;
  @Field(() => [String])
  missing!: string[];
}

@ObjectType({ description: 'how two answers stand to each other' })
export class Judgement {
  @Field(() => Float, { description: '0 to 1' })
  score!: number;
  @Field(() => [String])
  reasons!: string[];
  @Field(() => Float, { description: 'likeness of words, 0 to 1' })
  jaccard!: number;
  @Field(() => Float, { nullable: true, description: 'likeness of meaning; null where the model gives no embeddings' })
  cosine?: number | null;
  @Field(() => StatedFacts, {
    nullable: true,
    description: 'of what a right answer states; a shadow run expects nothing',
  })
  baseline?: StatedFacts | null;
  @Field(() => StatedFacts, { nullable: true })
  candidate?: StatedFacts | null;
}

export const shownAnswer = ({ costMicros, error, ...answer }: KeptAnswer): CaseAnswer => ({
  ...answer,
  costMicros: costMicros === null ? null : Number(costMicros),
  error: error?.message ?? null,
});

export const shownCase = ({ baseline, candidate, ...rest }: Omit<ComparedCase, 'finishedAt'>) => ({
  ...rest,
  baseline: shownAnswer(baseline),
  candidate: shownAnswer(candidate),
});

export const shownShadow = ({ served, shadow, costMicros, ...rest }: ShadowRun) => ({
  ...rest,
  costMicros: costMicros === null ? null : Number(costMicros),
  served: shownAnswer(served),
  shadow: shadow && shownAnswer(shadow),
});
