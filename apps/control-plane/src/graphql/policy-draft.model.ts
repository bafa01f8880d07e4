import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { AskedBy } from './asked-by.model.ts';
import { DecisionEffectEnum, PolicyModeEnum, ReplayOutcomeEnum } from './enums.ts';
import { GrantTarget } from './grant-target.model.ts';
import { GrantPlace, Reason } from './policy.model.ts';

@ObjectType()
export class PolicyVersion {
  @Field(() => Int)
  revision!: number;
  @Field(() => PolicyModeEnum)
  mode!: keyof typeof PolicyModeEnum;
  @Field(() => Int)
  grantCount!: number;
  @Field(() => String, { nullable: true, description: 'why, in the words of who changed it' })
  comment?: string | null;
  @Field(() => String)
  createdBy!: string;
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
}

@ObjectType()
export class PolicyVersionGrants {
  @Field(() => Int)
  revision!: number;
  @Field(() => [GrantPlace])
  grants!: GrantPlace[];
  @Field(() => GraphQLJSON, { description: '[{ name, server, tool, subjects, when, effect, reason }]' })
  rules!: unknown;
  @Field(() => Int, { nullable: true, description: "the tenant's own rules in force then" })
  moduleRevision?: number | null;
}

@InputType()
export class PolicyQuestion extends GrantTarget {
  @Field(() => GraphQLJSON, { nullable: true })
  args?: unknown;
}

@ObjectType()
export class SimulatedDecision {
  @Field(() => DecisionEffectEnum)
  effect!: keyof typeof DecisionEffectEnum;
  @Field(() => [Reason])
  reasons!: Reason[];
  @Field(() => [GrantPlace], { description: 'the grants that spoke about this caller and tool' })
  grants!: GrantPlace[];
}

@ObjectType({ description: 'Decisions of one caller about one tool that would come out otherwise under the draft.' })
export class ReplayDifference extends AskedBy {
  @Field(() => String)
  server!: string;
  @Field(() => String)
  tool!: string;
  @Field(() => ReplayOutcomeEnum, {
    description: 'under the draft; bounded: allowed, with other masked fields or caps',
  })
  outcome!: keyof typeof ReplayOutcomeEnum;
  @Field(() => Int)
  count!: number;
  @Field(() => GraphQLISODateTime)
  firstAt!: Date;
  @Field(() => GraphQLISODateTime)
  lastAt!: Date;
  @Field(() => ID, { description: 'the newest of them' })
  decisionId!: string;
}

@ObjectType()
export class ReplayPart {
  @Field(() => Int)
  examined!: number;
  @Field(() => Int, { description: 'those that the policy in force decides otherwise than the log says' })
  changedSince!: number;
  @Field(() => [ReplayDifference])
  differences!: ReplayDifference[];
  @Field(() => String, { nullable: true })
  next?: string | null;
}
