import { Field, Float, GraphQLISODateTime, Int, ObjectType } from '@nestjs/graphql';
import { ArmEnum } from './enums.ts';
import { Differences, GuardReading, Rollout } from './rollout.model.ts';

@ObjectType()
export class ArmSummary {
  @Field(() => String, { description: 'treatment | control' })
  band!: string;
  @Field(() => ArmEnum)
  arm!: keyof typeof ArmEnum;
  @Field(() => Int, { description: 'conversations, or users where the plan deals users' })
  units!: number;
  @Field(() => Int)
  answeredUnits!: number;
  @Field(() => Int)
  answers!: number;
  @Field(() => Int)
  errors!: number;
  @Field(() => Int)
  errorUnits!: number;
  @Field(() => Int)
  complaintUnits!: number;
  @Field(() => Int)
  crossedUnits!: number;
  @Field(() => Int)
  fallbacks!: number;
  @Field(() => Float)
  promptTokens!: number;
  @Field(() => Float)
  completionTokens!: number;
  @Field(() => Float, { nullable: true })
  tokensPerAnswer?: number | null;
  @Field(() => Float, { description: 'micro-dollars' })
  costMicros!: number;
  @Field(() => Int)
  pricedUnits!: number;
  @Field(() => Float, { nullable: true })
  costMicrosPerUnit?: number | null;
  @Field(() => Float, { nullable: true })
  latencyMeanMs?: number | null;
  @Field(() => Float, { nullable: true })
  latencyP50Ms?: number | null;
  @Field(() => Float, { nullable: true })
  latencyP95Ms?: number | null;
  @Field(() => Float, { nullable: true })
  latencyP99Ms?: number | null;
  @Field(() => Float, { nullable: true, description: 'share of units that had an error, 0 to 1' })
  errorRate?: number | null;
  @Field(() => Float, { nullable: true, description: 'mean score of graded answers, 0 to 1' })
  score?: number | null;
}

@ObjectType()
export class SampleRatio {
  @Field(() => Int)
  treatment!: number;
  @Field(() => Int)
  control!: number;
  @Field(() => Float, { nullable: true, description: "treatment's part of both as it should be, 0 to 1" })
  expected?: number | null;
  @Field(() => Float, { nullable: true, description: 'chi-square with one degree of freedom; from 8 units an arm' })
  pValue?: number | null;
  @Field(() => Boolean)
  alert!: boolean;
}

@ObjectType()
export class ExperimentPoint extends Differences {
  @Field(() => GraphQLISODateTime)
  at!: Date;
  @Field(() => Int)
  shareBasisPoints!: number;
  @Field(() => Int)
  units!: number;
}

@ObjectType()
export class SegmentSummary {
  @Field(() => String, { description: 'intent | tool | model' })
  dimension!: string;
  @Field(() => String)
  value!: string;
  @Field(() => String, { description: 'treatment | control' })
  band!: string;
  @Field(() => Int)
  answers!: number;
  @Field(() => Int)
  errors!: number;
  @Field(() => Float)
  latencyMeanMs!: number;
  @Field(() => Float, { nullable: true })
  costMicrosPerAnswer?: number | null;
  @Field(() => Float)
  tokensPerAnswer!: number;
}

@ObjectType()
export class Experiment extends Differences {
  @Field(() => Rollout)
  rollout!: Rollout;
  @Field(() => [ArmSummary], { description: 'treatment, then control' })
  arms!: ArmSummary[];
  @Field(() => [GuardReading])
  guards!: GuardReading[];
  @Field(() => SampleRatio)
  sampleRatio!: SampleRatio;
  @Field(() => [ExperimentPoint], { description: 'bounds over time, from kept evaluations, oldest first' })
  points!: ExperimentPoint[];
  @Field(() => [SegmentSummary])
  segments!: SegmentSummary[];
}
