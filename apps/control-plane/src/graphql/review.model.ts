import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { AskedBy } from './asked-by.model.ts';
import { BlockKindEnum, ReviewReasonEnum, ReviewStatusEnum, ReviewVerdictEnum } from './enums.ts';
import { PageOf } from './page.model.ts';
import { Run } from './run.model.ts';

@ObjectType()
export class GivenVerdict {
  @Field(() => ReviewVerdictEnum)
  verdict!: keyof typeof ReviewVerdictEnum;
  @Field(() => String)
  comment!: string;
  @Field(() => String)
  reviewerId!: string;
  @Field(() => String)
  reviewerName!: string;
  @Field(() => GraphQLISODateTime)
  at!: Date;
}

@ObjectType({ description: 'a run that somebody looks at' })
export class ReviewItem extends AskedBy {
  @Field(() => ID)
  id!: string;
  @Field(() => ID)
  runId!: string;
  @Field(() => [ReviewReasonEnum], { description: 'why somebody looks at it' })
  reasons!: (keyof typeof ReviewReasonEnum)[];
  @Field(() => ReviewStatusEnum, { description: 'second: a violation was found, and waits for another reviewer' })
  status!: keyof typeof ReviewStatusEnum;
  @Field(() => ReviewVerdictEnum, { nullable: true })
  verdict?: keyof typeof ReviewVerdictEnum | null;
  @Field(() => String)
  codeHash!: string;
  @Field(() => String, { nullable: true, description: 'what code does, whatever its names, values and layout' })
  shape?: string | null;
  @Field(() => String)
  surface!: string;
  @Field(() => String)
  runStatus!: string;
  @Field(() => Int)
  calls!: number;
  @Field(() => Int)
  denied!: number;
  @Field(() => [String])
  skills!: string[];
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
  @Field(() => GraphQLISODateTime, { nullable: true })
  closedAt?: Date | null;
}

@ObjectType()
export class ReviewPage extends PageOf(ReviewItem) {}

@ObjectType()
export class Review {
  @Field(() => ReviewItem)
  item!: ReviewItem;
  @Field(() => [GivenVerdict])
  verdicts!: GivenVerdict[];
  @Field(() => [ReviewItem], { description: 'other reviews of the same code, or of code that is built the same' })
  similar!: ReviewItem[];
  @Field(() => Run)
  run!: Run;
  @Field(() => [Run], { description: 'earlier runs of the same code, or of code that is built the same' })
  earlierRuns!: Run[];
  @Field(() => Float, {
    nullable: true,
    description: "micro-dollars of the model's calls for it; null where none is priced",
  })
  costMicros?: number | null;
}

@ObjectType()
export class ReviewCounts {
  @Field(() => Int)
  open!: number;
  @Field(() => Int)
  second!: number;
  @Field(() => Int)
  closed!: number;
}

@ObjectType()
export class ReviewRules {
  @Field(() => Boolean)
  destructive!: boolean;
  @Field(() => Boolean)
  denied!: boolean;
  @Field(() => Boolean)
  firstUse!: boolean;
  @Field(() => Boolean)
  newShape!: boolean;
  @Field(() => Int)
  restBasisPoints!: number;
}

@InputType()
export class ReviewRulesInput {
  @Field(() => Boolean, { nullable: true })
  destructive?: boolean | null;
  @Field(() => Boolean, { nullable: true })
  denied?: boolean | null;
  @Field(() => Boolean, { nullable: true })
  firstUse?: boolean | null;
  @Field(() => Boolean, { nullable: true })
  newShape?: boolean | null;
  @Field(() => Int, { nullable: true, description: 'of all other runs, in hundredths of a percent' })
  restBasisPoints?: number | null;
}

@InputType()
export class ReviewFilter {
  @Field(() => ReviewStatusEnum, { nullable: true })
  status?: keyof typeof ReviewStatusEnum | null;
  @Field(() => ReviewReasonEnum, { nullable: true })
  reason?: keyof typeof ReviewReasonEnum | null;
  @Field(() => ReviewVerdictEnum, { nullable: true })
  verdict?: keyof typeof ReviewVerdictEnum | null;
}

@InputType()
export class VerdictInput {
  @Field(() => ID)
  itemId!: string;
  @Field(() => ReviewStatusEnum, { description: 'where you saw it stand: another may have spoken since' })
  seen!: keyof typeof ReviewStatusEnum;
  @Field(() => ReviewVerdictEnum)
  verdict!: keyof typeof ReviewVerdictEnum;
  @Field(() => String, { defaultValue: '' })
  comment!: string;
  @Field(() => [BlockKindEnum], { nullable: true, description: 'of a violation: what may not run any longer, at once' })
  block?: (keyof typeof BlockKindEnum)[] | null;
}

@ObjectType()
export class Block {
  @Field(() => ID)
  id!: string;
  @Field(() => BlockKindEnum)
  kind!: keyof typeof BlockKindEnum;
  @Field(() => String, { description: "the code's or shape's SHA-256, the skill's name, the key's id" })
  value!: string;
  @Field(() => String)
  reason!: string;
  @Field(() => ID, { nullable: true })
  runId?: string | null;
  @Field(() => ID, { nullable: true })
  itemId?: string | null;
  @Field(() => String)
  createdBy!: string;
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
  @Field(() => String, { nullable: true })
  liftedBy?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  liftedAt?: Date | null;
}
