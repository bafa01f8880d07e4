import { Field, Float, ID, InputType, Int } from '@nestjs/graphql';
import { ArmEnum, GuardEffectEnum, GuardEnum, PlanTemplateEnum } from './enums.ts';
import { FlagVariant, StepTerms } from './rollout.model.ts';

@InputType()
export class RolloutStepInput extends StepTerms {
  @Field(() => [String], { nullable: true })
  checklist?: string[] | null;
}

@InputType()
export class GuardInput {
  @Field(() => GuardEnum)
  name!: keyof typeof GuardEnum;
  @Field(() => GuardEffectEnum)
  effect!: keyof typeof GuardEffectEnum;
  @Field(() => Boolean, { nullable: true })
  dryRun?: boolean | null;
  @Field(() => Float)
  threshold!: number;
}

@InputType()
export class RolloutPlanInput {
  @Field(() => ArmEnum, { nullable: true, description: 'code or hybrid' })
  arm?: keyof typeof ArmEnum | null;
  @Field(() => String, { nullable: true, description: 'conversation | user' })
  unit?: string | null;
  @Field(() => [RolloutStepInput])
  steps!: RolloutStepInput[];
  @Field(() => [String], { nullable: true, description: 'error_rate | slow_rate | accuracy' })
  proofs?: string[] | null;
  @Field(() => String, { nullable: true, description: 'anyone | another_person' })
  approval?: string | null;
  @Field(() => Int, { nullable: true })
  holdbackBasisPoints?: number | null;
  @Field(() => Int, { nullable: true })
  staleMinutes?: number | null;
  @Field(() => [GuardInput], { nullable: true })
  guards?: GuardInput[] | null;
}

@InputType()
export class NewRollout {
  @Field(() => String)
  name!: string;
  @Field(() => PlanTemplateEnum, { nullable: true, description: 'standard unless a plan is given' })
  template?: keyof typeof PlanTemplateEnum | null;
  @Field(() => RolloutPlanInput, { nullable: true })
  plan?: RolloutPlanInput | null;
  @Field(() => String)
  reason!: string;
}

@InputType({ description: 'which rollout, as it was seen, and why it is changed' })
export class RolloutChangeInput {
  @Field(() => ID)
  id!: string;
  @Field(() => Int, { nullable: true, description: 'the version that was seen; refused when it is another by now' })
  expectedVersion?: number | null;
  @Field(() => String)
  reason!: string;
}

@InputType()
export class FlagInput {
  @Field(() => String)
  key!: string;
  @Field(() => Boolean)
  enabled!: boolean;
  @Field(() => [FlagVariant], { nullable: true })
  variants?: FlagVariant[] | null;
  @Field(() => String, { nullable: true })
  description?: string | null;
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;
  @Field(() => String)
  reason!: string;
}
