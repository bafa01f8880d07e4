import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { RoiScenarioEnum } from './enums.ts';

@ObjectType({ description: 'counted on what really went through' })
export class MeasuredSavings {
  @Field(() => Float)
  usedTokens!: number;
  @Field(() => Float, { description: 'micro-dollars: $1 is 1,000,000, of the answers that have a price' })
  usedCostMicros!: number;
  @Field(() => Float, { description: 'definitions and results, each once, that a traditional context would have held' })
  keptOutTokens!: number;
}

@ObjectType({ description: 'what the traditional way would have used, by a model that errs against the code way' })
export class EstimatedSavings {
  @Field(() => Float)
  otherTokens!: number;
  @Field(() => Float, { description: 'micro-dollars: $1 is 1,000,000' })
  otherCostMicros!: number;
  @Field(() => Float, { description: 'negative: the code way took more' })
  savedTokens!: number;
  @Field(() => Float, { description: 'micro-dollars: $1 is 1,000,000; negative: the code way cost more' })
  savedCostMicros!: number;
}

@ObjectType({ description: 'answers in which the code way took more; in the estimate already' })
export class SavingsLosses {
  @Field(() => Int)
  answers!: number;
  @Field(() => Float)
  tokens!: number;
  @Field(() => Float, { description: 'micro-dollars: $1 is 1,000,000' })
  costMicros!: number;
}

@ObjectType()
export class SavingsRow {
  @Field(() => String, { nullable: true, description: 'the day (UTC) or the arm; null: code from outside' })
  key?: string | null;
  @Field(() => Boolean, { description: "of the scripted model: no model's result" })
  scripted!: boolean;
  @Field(() => Int)
  answers!: number;
  @Field(() => Int, { description: 'no price was known: in the tokens, not in the money' })
  unpricedAnswers!: number;
  @Field(() => MeasuredSavings)
  measured!: MeasuredSavings;
  @Field(() => EstimatedSavings)
  estimated!: EstimatedSavings;
  @Field(() => SavingsLosses)
  losses!: SavingsLosses;
}

@ObjectType()
export class ToolSavings {
  @Field(() => String)
  tool!: string;
  @Field(() => Boolean)
  scripted!: boolean;
  @Field(() => Int)
  calls!: number;
  @Field(() => Float, { description: 'measured: each result once' })
  resultTokens!: number;
  @Field(() => Float, { description: 'estimated: each result again on each later turn' })
  otherInputTokens!: number;
}

@ObjectType()
export class Savings {
  @Field(() => [SavingsRow])
  days!: SavingsRow[];
  @Field(() => [SavingsRow])
  arms!: SavingsRow[];
  @Field(() => [ToolSavings])
  tools!: ToolSavings[];
  @Field(() => [SavingsRow], { description: 'one of models, and one of the scripted model where it answered' })
  totals!: SavingsRow[];
}

@ObjectType()
export class UsageRow {
  @Field(() => String, { nullable: true })
  key?: string | null;
  @Field(() => Boolean)
  scripted!: boolean;
  @Field(() => Int)
  calls!: number;
  @Field(() => Int)
  errors!: number;
  @Field(() => Float)
  inputTokens!: number;
  @Field(() => Float)
  cachedInputTokens!: number;
  @Field(() => Float)
  outputTokens!: number;
  @Field(() => Float)
  reasoningTokens!: number;
  @Field(() => Float, { description: 'micro-dollars: $1 is 1,000,000, of the calls that have a price' })
  costMicros!: number;
  @Field(() => Int, { description: 'their cost is not known, and not in costMicros' })
  unpricedCalls!: number;
  @Field(() => Int, { description: 'their tokens were counted by us' })
  estimatedCalls!: number;
}

@ObjectType({ description: 'in dollars, to the cent' })
export class Roi {
  @Field(() => Float)
  currentMonthly!: number;
  @Field(() => Float)
  codeMonthly!: number;
  @Field(() => Float, { description: 'negative: the code way costs more' })
  monthlySavings!: number;
  @Field(() => Float)
  annualSavings!: number;
  @Field(() => Int, { nullable: true, description: 'null: never' })
  breakEvenMonths?: number | null;
}

@InputType({ description: "a scenario, or conversations with any costs of one's own" })
export class RoiInput {
  @Field(() => RoiScenarioEnum, { nullable: true })
  scenario?: keyof typeof RoiScenarioEnum | null;
  @Field(() => Float, { nullable: true })
  conversationsPerMonth?: number | null;
  @Field(() => Float, { nullable: true, description: 'of one conversation, micro-dollars: $1 is 1,000,000' })
  traditionalMicros?: number | null;
  @Field(() => Float, { nullable: true })
  codeMicros?: number | null;
  @Field(() => Float, { nullable: true, description: 'a month' })
  infrastructureMicros?: number | null;
  @Field(() => Float, { nullable: true, description: 'once' })
  setupMicros?: number | null;
}

@ObjectType()
export class ComparedAnswer {
  @Field(() => ID)
  id!: string;
  @Field(() => String, { description: 'answer | run' })
  kind!: string;
  @Field(() => GraphQLISODateTime)
  at!: Date;
  @Field(() => String, { nullable: true })
  arm?: string | null;
  @Field(() => Boolean)
  scripted!: boolean;
  @Field(() => Int, { description: 'measured, each counted once' })
  definitionTokens!: number;
  @Field(() => Int, { description: 'measured, each counted once' })
  resultTokens!: number;
  @Field(() => Float, { description: 'measured' })
  usedTokens!: number;
  @Field(() => Float, { nullable: true, description: 'null: no price' })
  usedCostMicros?: number | null;
  @Field(() => Int, { description: 'estimated' })
  otherTurns!: number;
  @Field(() => Float, { description: 'estimated' })
  otherTokens!: number;
  @Field(() => Float, { nullable: true, description: 'estimated; null: no price' })
  otherCostMicros?: number | null;
}
