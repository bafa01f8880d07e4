import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { DecisionEffectEnum, GrantEffectEnum, PolicyModeEnum } from './enums.ts';
import { GrantTarget } from './grant-target.model.ts';
import { PageOf } from './page.model.ts';

@ObjectType()
export class Grant extends GrantTarget {
  @Field(() => ID)
  id!: string;
  @Field(() => GrantEffectEnum)
  effect!: keyof typeof GrantEffectEnum;
  @Field(() => String)
  createdBy!: string;
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
}

@ObjectType()
export class GrantPlace extends GrantTarget {
  @Field(() => GrantEffectEnum)
  effect!: keyof typeof GrantEffectEnum;
}

@ObjectType()
export class Policy {
  @Field(() => Int)
  revision!: number;
  @Field(() => PolicyModeEnum)
  mode!: keyof typeof PolicyModeEnum;
  @Field(() => Int, { nullable: true, description: "the tenant's own rules in force" })
  moduleRevision?: number | null;
  @Field(() => [Grant])
  grants!: Grant[];
}

@ObjectType()
export class Reason {
  @Field(() => String)
  code!: string;
  @Field(() => String)
  message!: string;
}

@ObjectType()
export class Decision {
  @Field(() => ID)
  id!: string;
  @Field(() => GraphQLISODateTime)
  at!: Date;
  @Field(() => ID, { nullable: true })
  runId?: string | null;
  @Field(() => String)
  principalKind!: string;
  @Field(() => String)
  principalId!: string;
  @Field(() => String)
  principalName!: string;
  @Field(() => String, { nullable: true })
  role?: string | null;
  @Field(() => String)
  surface!: string;
  @Field(() => String)
  server!: string;
  @Field(() => String)
  tool!: string;
  @Field(() => DecisionEffectEnum)
  effect!: keyof typeof DecisionEffectEnum;
  @Field(() => [Reason])
  reasons!: Reason[];
  @Field(() => [GrantPlace], { description: 'the grants that spoke about this caller and tool then' })
  grants!: GrantPlace[];
  @Field(() => GraphQLJSON)
  input!: unknown;
  @Field(() => Int)
  revision!: number;
  @Field(() => PolicyModeEnum)
  mode!: keyof typeof PolicyModeEnum;
  @Field(() => Int, { nullable: true, description: "of the tenant's own rules, where they were asked" })
  moduleRevision?: number | null;
  @Field(() => Int)
  durationUs!: number;
}

@ObjectType()
export class DecisionPage extends PageOf(Decision) {}

@InputType()
export class DecisionFilter {
  @Field(() => DecisionEffectEnum, { nullable: true })
  effect?: keyof typeof DecisionEffectEnum | null;
  @Field(() => String, { nullable: true })
  server?: string | null;
  @Field(() => String, { nullable: true })
  tool?: string | null;
  @Field(() => ID, { nullable: true })
  runId?: string | null;
}

@InputType()
export class GrantChange extends GrantTarget {
  @Field(() => GrantEffectEnum, { nullable: true, description: 'null takes the grant away' })
  effect?: keyof typeof GrantEffectEnum | null;
}
