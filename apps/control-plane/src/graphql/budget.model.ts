import { Field, Float, InputType, Int, ObjectType } from '@nestjs/graphql';
import { BudgetModeEnum } from './enums.ts';

@ObjectType()
export class Budget {
  @Field(() => Float, { description: 'micro-dollars: $1 is 1,000,000' })
  pilotMicros!: number;
  @Field(() => Float, { description: 'in mode block nothing more is spent from here' })
  strongMicros!: number;
  @Field(() => BudgetModeEnum)
  mode!: keyof typeof BudgetModeEnum;
  @Field(() => String, { nullable: true })
  webhookUrl?: string | null;
  @Field(() => [String])
  emails!: string[];
  @Field(() => String, { description: '2026-11, UTC' })
  month!: string;
  @Field(() => Float)
  spentMicros!: number;
  @Field(() => [Float], { description: 'thresholds of this month that were told' })
  alertedMicros!: number[];
  @Field(() => Boolean, { description: 'false: the operator has set no SMTP_URL, and e-mails wait' })
  emailReady!: boolean;
}

@ObjectType()
export class ChangedBudget {
  @Field(() => Budget)
  budget!: Budget;
  @Field(() => String, { nullable: true, description: 'of a webhook that had none: shown this once' })
  webhookSecret?: string | null;
}

@InputType({ description: 'what is left out stays' })
export class BudgetInput {
  @Field(() => Float, { nullable: true })
  pilotMicros?: number | null;
  @Field(() => Float, { nullable: true })
  strongMicros?: number | null;
  @Field(() => BudgetModeEnum, { nullable: true })
  mode?: keyof typeof BudgetModeEnum | null;
  @Field(() => String, { nullable: true, description: 'null takes it away' })
  webhookUrl?: string | null;
  @Field(() => [String], { nullable: true })
  emails?: string[] | null;
}

@ObjectType()
export class LimitValues {
  @Field(() => Int)
  requestsPerMinute!: number;
  @Field(() => Int)
  executionsPerMinute!: number;
  @Field(() => Int)
  concurrentExecutions!: number;
  @Field(() => Int)
  concurrentChats!: number;
}

@ObjectType()
export class Limits {
  @Field(() => LimitValues, { description: 'what holds, over all nodes together' })
  effective!: LimitValues;
  @Field(() => LimitValues, { description: "the most that may be chosen; the operator's to raise" })
  ceiling!: LimitValues;
}

@InputType({ description: 'what is left out stays' })
export class LimitsInput {
  @Field(() => Int, { nullable: true })
  requestsPerMinute?: number | null;
  @Field(() => Int, { nullable: true })
  executionsPerMinute?: number | null;
  @Field(() => Int, { nullable: true })
  concurrentExecutions?: number | null;
  @Field(() => Int, { nullable: true })
  concurrentChats?: number | null;
}
