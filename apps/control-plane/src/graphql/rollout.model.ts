import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import {
  ArmEnum,
  ChecklistStateEnum,
  DidEnum,
  GuardEffectEnum,
  GuardEnum,
  GuardStateEnum,
  RolloutStatusEnum,
  VerdictEnum,
} from './enums.ts';
import { PageOf } from './page.model.ts';

@ObjectType()
export class KillSwitch {
  @Field(() => Boolean)
  thrown!: boolean;
  @Field(() => String)
  reason!: string;
  @Field(() => String)
  by!: string;
  @Field(() => GraphQLISODateTime, { nullable: true, description: 'null: it was never thrown' })
  at?: Date | null;
}

@ObjectType()
@InputType('FlagVariantInput')
export class FlagVariant {
  @Field(() => String)
  name!: string;
  @Field(() => Int)
  shareBasisPoints!: number;
}

@ObjectType()
export class Flag {
  @Field(() => String)
  key!: string;
  @Field(() => String, { description: 'boolean | variant' })
  kind!: string;
  @Field(() => Boolean)
  enabled!: boolean;
  @Field(() => [FlagVariant])
  variants!: FlagVariant[];
  @Field(() => String)
  description!: string;
  @Field(() => Int, { description: '0: nobody has set it yet' })
  version!: number;
  @Field(() => String, { nullable: true })
  updatedBy?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  updatedAt?: Date | null;
}

@ObjectType({ isAbstract: true })
@InputType({ isAbstract: true })
export abstract class StepTerms {
  @Field(() => Int)
  shareBasisPoints!: number;
  @Field(() => Int)
  dwellMinutes!: number;
  @Field(() => Int)
  minUnits!: number;
  @Field(() => String, { description: 'automatic | manual' })
  advance!: string;
}

@ObjectType()
export class RolloutStep extends StepTerms {
  @Field(() => [String])
  checklist!: string[];
}

@ObjectType({ isAbstract: true })
abstract class GuardTerms {
  @Field(() => GuardEffectEnum)
  effect!: keyof typeof GuardEffectEnum;
  @Field(() => Boolean)
  dryRun!: boolean;
  @Field(() => Float)
  threshold!: number;
}

@ObjectType()
export class GuardSetting extends GuardTerms {
  @Field(() => GuardEnum)
  name!: keyof typeof GuardEnum;
}

@ObjectType()
export class RolloutPlan {
  @Field(() => ArmEnum)
  arm!: keyof typeof ArmEnum;
  @Field(() => String, { description: 'conversation | user' })
  unit!: string;
  @Field(() => [RolloutStep])
  steps!: RolloutStep[];
  @Field(() => [String])
  proofs!: string[];
  @Field(() => String, { description: 'anyone | another_person' })
  approval!: string;
  @Field(() => Int)
  holdbackBasisPoints!: number;
  @Field(() => Int)
  staleMinutes!: number;
  @Field(() => [GuardSetting])
  guards!: GuardSetting[];
}

@ObjectType()
export class Rollout {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => RolloutStatusEnum)
  status!: keyof typeof RolloutStatusEnum;
  @Field(() => Int, { description: 'what a change is made on: expectedVersion' })
  version!: number;
  @Field(() => RolloutPlan)
  plan!: RolloutPlan;
  @Field(() => Int)
  stepIndex!: number;
  @Field(() => Int, { description: 'of treatment, now; 10000 are all' })
  shareBasisPoints!: number;
  @Field(() => Int)
  epoch!: number;
  @Field(() => Int)
  attempt!: number;
  @Field(() => GraphQLISODateTime, { nullable: true })
  startAt?: Date | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  startedAt?: Date | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  stepStartedAt?: Date | null;
  @Field(() => String, { nullable: true })
  approvedByName?: string | null;
  @Field(() => String, { description: 'why it stands as it does' })
  reason!: string;
  @Field(() => String)
  createdBy!: string;
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
  @Field(() => GraphQLISODateTime)
  updatedAt!: Date;
}

@ObjectType()
export class RolloutPage extends PageOf(Rollout) {}

@ObjectType()
export class GuardReading extends GuardTerms {
  @Field(() => GuardEnum)
  guard!: keyof typeof GuardEnum;
  @Field(() => GuardStateEnum)
  state!: keyof typeof GuardStateEnum;
  @Field(() => Int)
  events!: number;
  @Field(() => Int)
  n!: number;
  @Field(() => Int, { nullable: true })
  controlEvents?: number | null;
  @Field(() => Int, { nullable: true })
  controlN?: number | null;
  @Field(() => Float, { nullable: true })
  value?: number | null;
  @Field(() => Float, {
    nullable: true,
    description: 'log10 of the evidence; a rate rolls back at 2, a sample ratio holds at 3',
  })
  log10E?: number | null;
  @Field(() => Float, { nullable: true })
  lower?: number | null;
  @Field(() => Float, { nullable: true })
  upper?: number | null;
  @Field(() => Boolean, { nullable: true, description: 'the evidence shows that all is well' })
  proven?: boolean | null;
  @Field(() => String)
  sentence!: string;
}

@ObjectType()
export class RolloutGate {
  @Field(() => String, { description: 'data | dwell | sample | proof | checklist | approval' })
  gate!: string;
  @Field(() => Boolean)
  open!: boolean;
  @Field(() => String)
  sentence!: string;
  @Field(() => GraphQLISODateTime, { nullable: true })
  at?: Date | null;
}

@ObjectType()
export class RolloutVerdict {
  @Field(() => VerdictEnum)
  kind!: keyof typeof VerdictEnum;
  @Field(() => String)
  code!: string;
  @Field(() => String)
  reason!: string;
}

@ObjectType()
export class RolloutNext {
  @Field(() => String)
  what!: string;
  @Field(() => GraphQLISODateTime, { nullable: true, description: 'the earliest moment, where it is known' })
  at?: Date | null;
  @Field(() => [String])
  waitingFor!: string[];
}

@ObjectType()
export class ChecklistItem {
  @Field(() => String)
  item!: string;
  @Field(() => String, { description: 'computed | manual' })
  kind!: string;
  @Field(() => ChecklistStateEnum)
  state!: keyof typeof ChecklistStateEnum;
  @Field(() => String)
  detail!: string;
}

@ObjectType()
export class RolloutView {
  @Field(() => Rollout)
  rollout!: Rollout;
  @Field(() => KillSwitch, { nullable: true })
  killSwitch?: KillSwitch | null;
  @Field(() => [GuardReading])
  readings!: GuardReading[];
  @Field(() => [RolloutGate])
  gates!: RolloutGate[];
  @Field(() => RolloutVerdict)
  verdict!: RolloutVerdict;
  @Field(() => RolloutNext)
  next!: RolloutNext;
  @Field(() => [ChecklistItem])
  checklist!: ChecklistItem[];
}

@ObjectType()
export class RolloutChange {
  @Field(() => ID)
  id!: string;
  @Field(() => ID, { nullable: true, description: "null: of the tenant's kill switch or flags" })
  rolloutId?: string | null;
  @Field(() => GraphQLISODateTime)
  at!: Date;
  @Field(() => String)
  action!: string;
  @Field(() => String)
  actorKind!: string;
  @Field(() => String)
  actorName!: string;
  @Field(() => String)
  reason!: string;
  @Field(() => GraphQLJSON)
  before!: unknown;
  @Field(() => GraphQLJSON)
  after!: unknown;
}

@ObjectType()
export class RolloutChangePage extends PageOf(RolloutChange) {}

@ObjectType()
export class BoundedDifference {
  @Field(() => Float)
  value!: number;
  @Field(() => Float)
  lower!: number;
  @Field(() => Float)
  upper!: number;
  @Field(() => Int)
  n!: number;
}

@ObjectType()
export class Differences {
  @Field(() => BoundedDifference, { nullable: true, description: 'relative: -0.3 is 30% less' })
  cost?: BoundedDifference | null;
  @Field(() => BoundedDifference, { nullable: true, description: 'relative' })
  latency?: BoundedDifference | null;
  @Field(() => BoundedDifference, { nullable: true, description: 'absolute: -0.05 is 5 points less' })
  accuracy?: BoundedDifference | null;
}

@ObjectType()
export class RolloutEvaluation {
  @Field(() => ID)
  id!: string;
  @Field(() => GraphQLISODateTime)
  at!: Date;
  @Field(() => Int)
  attempt!: number;
  @Field(() => Int)
  epoch!: number;
  @Field(() => Int)
  stepIndex!: number;
  @Field(() => Int)
  shareBasisPoints!: number;
  @Field(() => DidEnum)
  did!: keyof typeof DidEnum;
  @Field(() => VerdictEnum)
  verdict!: keyof typeof VerdictEnum;
  @Field(() => String)
  code!: string;
  @Field(() => String)
  reason!: string;
  @Field(() => [GuardReading])
  guards!: GuardReading[];
  @Field(() => Differences)
  differences!: Differences;
  @Field(() => Int)
  treatmentUnits!: number;
  @Field(() => Int)
  controlUnits!: number;
  @Field(() => Int)
  ruleVersion!: number;
}

@ObjectType()
export class RolloutEvaluationPage extends PageOf(RolloutEvaluation) {}
