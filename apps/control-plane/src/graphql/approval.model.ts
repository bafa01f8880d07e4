import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { ApprovalStatusEnum, RememberScopeEnum, RiskEnum } from './enums.ts';
import { Run } from './run.model.ts';

@ObjectType()
export class ApprovalVote {
  @Field(() => String)
  voterName!: string;
  @Field(() => Boolean)
  granted!: boolean;
  @Field(() => String, { nullable: true })
  comment?: string | null;
  @Field(() => GraphQLISODateTime)
  at!: Date;
}

@ObjectType({ description: 'a tool call that a person decides on' })
export class Approval {
  @Field(() => ID)
  id!: string;
  @Field(() => ApprovalStatusEnum)
  status!: keyof typeof ApprovalStatusEnum;
  @Field(() => String)
  server!: string;
  @Field(() => String)
  tool!: string;
  @Field(() => RiskEnum)
  risk!: keyof typeof RiskEnum;
  @Field(() => GraphQLJSON, { nullable: true, description: 'masked and bounded' })
  args?: unknown;
  @Field(() => [String])
  reasons!: string[];
  @Field(() => Int, { description: 'how many have to grant it' })
  persons!: number;
  @Field(() => ID, { nullable: true })
  runId?: string | null;
  @Field(() => Int, { nullable: true, description: 'which call of the run' })
  seq?: number | null;
  @Field(() => String)
  principalKind!: string;
  @Field(() => String)
  principalName!: string;
  @Field(() => String)
  surface!: string;
  @Field(() => String, { nullable: true })
  arm?: string | null;
  @Field(() => String, { nullable: true })
  conversation?: string | null;
  @Field(() => Int)
  policyRevision!: number;
  @Field(() => GraphQLISODateTime)
  requestedAt!: Date;
  @Field(() => GraphQLISODateTime)
  expiresAt!: Date;
  @Field(() => GraphQLISODateTime, { nullable: true })
  decidedAt?: Date | null;
  @Field(() => String, { nullable: true })
  decidedBy?: string | null;
  @Field(() => [ApprovalVote])
  votes!: ApprovalVote[];
  @Field(() => String, { nullable: true, description: 'why you may not decide on it; null when you may' })
  whyNot?: string | null;
  @Field(() => Run, { nullable: true, description: 'read one by one: ask for it where one approval is shown' })
  run?: Run | null;
}

@ObjectType()
export class ApprovalPage {
  @Field(() => [Approval])
  items!: Approval[];
  @Field(() => String, { nullable: true })
  next?: string | null;
}

@InputType()
export class RememberApproval {
  @Field(() => RememberScopeEnum)
  scope!: keyof typeof RememberScopeEnum;
  @Field(() => Int)
  days!: number;
}

@ObjectType({ description: 'a decision that holds for further calls of the same caller' })
export class RememberedApproval {
  @Field(() => ID)
  id!: string;
  @Field(() => Boolean)
  granted!: boolean;
  @Field(() => RememberScopeEnum)
  scope!: keyof typeof RememberScopeEnum;
  @Field(() => String)
  server!: string;
  @Field(() => String)
  tool!: string;
  @Field(() => String, { nullable: true })
  conversation?: string | null;
  @Field(() => String)
  principalKind!: string;
  @Field(() => String)
  principalName!: string;
  @Field(() => Int)
  persons!: number;
  @Field(() => ID)
  approvalId!: string;
  @Field(() => String)
  createdBy!: string;
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
  @Field(() => GraphQLISODateTime)
  expiresAt!: Date;
  @Field(() => GraphQLISODateTime, { nullable: true })
  revokedAt?: Date | null;
  @Field(() => String, { nullable: true })
  revokedBy?: string | null;
  @Field(() => Int)
  uses!: number;
  @Field(() => GraphQLISODateTime, { nullable: true })
  lastUsedAt?: Date | null;
}
