import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { SubjectKindEnum } from './enums.ts';

@ObjectType()
export class RuleSubject {
  @Field(() => SubjectKindEnum)
  kind!: keyof typeof SubjectKindEnum;
  @Field(() => String)
  name!: string;
}

@ObjectType({ description: 'takes back a part of what grants allow' })
export class PolicyRule {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String)
  server!: string;
  @Field(() => String)
  tool!: string;
  @Field(() => [RuleSubject], { description: 'empty: everybody' })
  subjects!: RuleSubject[];
  @Field(() => GraphQLJSON, { description: '{ arguments: [{ path, op, value }], arms, times }' })
  when!: unknown;
  @Field(() => GraphQLJSON, { description: '{ deny, approval: { persons, minutes }, maskFields, rowCap, callCap }' })
  effect!: unknown;
  @Field(() => String)
  reason!: string;
  @Field(() => String)
  createdBy!: string;
  @Field(() => GraphQLISODateTime)
  updatedAt!: Date;
}

@ObjectType()
export class PolicyRules {
  @Field(() => Int)
  revision!: number;
  @Field(() => [PolicyRule])
  rules!: PolicyRule[];
}

@InputType()
export class RuleSubjectInput {
  @Field(() => SubjectKindEnum)
  kind!: keyof typeof SubjectKindEnum;
  @Field(() => String)
  name!: string;
}

@InputType()
export class PolicyRuleInput {
  @Field(() => String)
  name!: string;
  @Field(() => String)
  server!: string;
  @Field(() => String)
  tool!: string;
  @Field(() => [RuleSubjectInput], { defaultValue: [] })
  subjects!: RuleSubjectInput[];
  @Field(() => GraphQLJSON, { nullable: true })
  when?: unknown;
  @Field(() => GraphQLJSON)
  effect!: unknown;
  @Field(() => String, { defaultValue: '' })
  reason!: string;
}
