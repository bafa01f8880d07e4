import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { CaseAnswer, Judgement } from './case-answer.model.ts';
import { ArmEnum, GradeEnum, ShadowStatusEnum, EquivalenceEnum } from './enums.ts';
import { PageOf } from './page.model.ts';

type Arm = keyof typeof ArmEnum;

@ObjectType()
export class Sampling {
  @Field(() => Int, { description: 'share of answers that the other arm gives besides; a hundred are one percent' })
  shadowBasisPoints!: number;
  @Field(() => Float, { description: 'micro-dollars of one UTC day' })
  shadowBudgetMicros!: number;
  @Field(() => Int)
  shadowRunsPerDay!: number;
  @Field(() => Int, { description: 'share of answers that people are asked to grade' })
  gradingBasisPoints!: number;
  @Field(() => String, { nullable: true })
  updatedByName?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  updatedAt?: Date | null;
}

@InputType()
export class SetSampling {
  @Field(() => Int)
  shadowBasisPoints!: number;
  @Field(() => Float)
  shadowBudgetMicros!: number;
  @Field(() => Int)
  shadowRunsPerDay!: number;
  @Field(() => Int)
  gradingBasisPoints!: number;
}

@ObjectType()
export class ShadowSummary {
  @Field(() => Int, { description: 'this and the next four: of thirty days' })
  equivalent!: number;
  @Field(() => Int)
  different!: number;
  @Field(() => Int)
  unclear!: number;
  @Field(() => Int)
  failed!: number;
  @Field(() => Int, { description: 'of those, how many the scripted model had a part in: no quality of a model' })
  scripted!: number;
  @Field(() => Int)
  runsToday!: number;
  @Field(() => Float)
  costTodayMicros!: number;
}

@ObjectType({ description: 'An answer that a user got, and what the other arm would have said' })
export class ShadowRun {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  conversation!: string;
  @Field(() => ArmEnum)
  servedArm!: Arm;
  @Field(() => ArmEnum)
  shadowArm!: Arm;
  @Field(() => ShadowStatusEnum)
  status!: keyof typeof ShadowStatusEnum;
  @Field(() => String, { description: 'masked, as the answers are' })
  question!: string;
  @Field(() => CaseAnswer)
  served!: CaseAnswer;
  @Field(() => CaseAnswer, { nullable: true })
  shadow?: CaseAnswer | null;
  @Field(() => EquivalenceEnum, { nullable: true })
  verdict?: keyof typeof EquivalenceEnum | null;
  @Field(() => Judgement, { nullable: true })
  equivalence?: Judgement | null;
  @Field(() => String, { nullable: true, description: 'why they could not be compared' })
  error?: string | null;
  @Field(() => Boolean)
  scripted!: boolean;
  @Field(() => Float, { nullable: true })
  costMicros?: number | null;
  @Field(() => GraphQLISODateTime)
  startedAt!: Date;
  @Field(() => GraphQLISODateTime, { nullable: true })
  finishedAt?: Date | null;
}

@ObjectType()
export class ShadowRunPage extends PageOf(ShadowRun) {}

@ObjectType({ description: 'An answer that was drawn for a person to grade' })
export class GradedAnswer {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  conversation!: string;
  @Field(() => ArmEnum)
  arm!: Arm;
  @Field(() => Boolean)
  scripted!: boolean;
  @Field(() => String)
  question!: string;
  @Field(() => String)
  answer!: string;
  @Field(() => GraphQLISODateTime)
  answeredAt!: Date;
  @Field(() => GradeEnum, { nullable: true })
  grade?: keyof typeof GradeEnum | null;
  @Field(() => String, { nullable: true })
  comment?: string | null;
  @Field(() => String, { nullable: true })
  gradedByName?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  gradedAt?: Date | null;
}

@ObjectType()
export class GradedAnswerPage extends PageOf(GradedAnswer) {}

@ObjectType()
export class GradeCount {
  @Field(() => ArmEnum)
  arm!: Arm;
  @Field(() => Int)
  waiting!: number;
  @Field(() => Int)
  correct!: number;
  @Field(() => Int)
  partly!: number;
  @Field(() => Int)
  wrong!: number;
  @Field(() => Int, { description: "of all these, how many are the scripted model's" })
  scripted!: number;
}
