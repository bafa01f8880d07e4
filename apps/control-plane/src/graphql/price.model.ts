import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { PriceStatusEnum } from './enums.ts';

// What is asked for and what is shown have these in common.
@ObjectType({ isAbstract: true })
@InputType({ isAbstract: true })
abstract class TierRates {
  @Field(() => Int, { description: 'of prompts with more input tokens than this; the first is 0' })
  aboveInputTokens!: number;
  @Field(() => Float, { description: 'micro-dollars for a million tokens: $2.50 is 2,500,000' })
  inputMicros!: number;
  @Field(() => Float, { nullable: true, description: 'null: as input' })
  cachedInputMicros?: number | null;
  @Field(() => Float)
  outputMicros!: number;
  @Field(() => Float, { nullable: true, description: 'null: as output' })
  reasoningMicros?: number | null;
}

@ObjectType({ isAbstract: true })
@InputType({ isAbstract: true })
abstract class PriceOf {
  @Field(() => String)
  provider!: string;
  @Field(() => String)
  model!: string;
  @Field(() => GraphQLISODateTime)
  validFrom!: Date;
  @Field(() => String)
  sourceUrl!: string;
  @Field(() => GraphQLISODateTime)
  sourceDate!: Date;
}

@ObjectType()
export class PriceTier extends TierRates {}

@ObjectType()
export class Price extends PriceOf {
  @Field(() => ID)
  id!: string;
  @Field(() => [PriceTier])
  tiers!: PriceTier[];
  @Field(() => PriceStatusEnum)
  status!: keyof typeof PriceStatusEnum;
  @Field(() => Boolean, { description: 'of the shipped list, which nobody here has checked' })
  listed!: boolean;
  @Field(() => String, { nullable: true, description: 'why a person must look at it' })
  doubt?: string | null;
  @Field(() => String, { nullable: true })
  createdBy?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  createdAt?: Date | null;
  @Field(() => String, { nullable: true })
  decidedBy?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  decidedAt?: Date | null;
}

@InputType()
export class PriceTierInput extends TierRates {}

@InputType()
export class PriceInput extends PriceOf {
  @Field(() => [PriceTierInput])
  tiers!: PriceTierInput[];
}

@InputType()
export class RepriceInput {
  @Field(() => GraphQLISODateTime)
  from!: Date;
  @Field(() => GraphQLISODateTime)
  to!: Date;
  @Field(() => String, { nullable: true })
  provider?: string | null;
  @Field(() => String, { nullable: true })
  model?: string | null;
}

@ObjectType()
export class Repriced {
  @Field(() => Int)
  calls!: number;
  @Field(() => Int)
  corrected!: number;
  @Field(() => Float)
  differenceMicros!: number;
}
