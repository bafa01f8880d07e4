import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { PageOf } from './page.model.ts';

@ObjectType()
export class AuditEvent {
  @Field(() => ID)
  id!: string;
  @Field(() => Float)
  seq!: number;
  @Field(() => GraphQLISODateTime)
  at!: Date;
  @Field(() => String)
  actorKind!: string;
  @Field(() => String)
  actorId!: string;
  @Field(() => String)
  actorName!: string;
  @Field(() => String)
  surface!: string;
  @Field(() => String)
  action!: string;
  @Field(() => String)
  targetKind!: string;
  @Field(() => String)
  targetId!: string;
  @Field(() => GraphQLJSON, { nullable: true })
  before?: unknown;
  @Field(() => GraphQLJSON, { nullable: true })
  after?: unknown;
  @Field(() => String, { nullable: true })
  ip?: string | null;
  @Field(() => String)
  traceId!: string;
  @Field(() => Int, { nullable: true })
  policyRevision?: number | null;
  @Field(() => String, { nullable: true })
  codeHash?: string | null;
  @Field(() => String)
  hash!: string;
  @Field(() => String)
  previousHash!: string;
}

@ObjectType()
export class AuditPage extends PageOf(AuditEvent) {}

@InputType()
export class AuditFilter {
  @Field(() => String, { nullable: true })
  action?: string | null;
  @Field(() => String, { nullable: true })
  actor?: string | null;
  @Field(() => String, { nullable: true })
  targetKind?: string | null;
  @Field(() => String, { nullable: true })
  targetId?: string | null;
  @Field(() => String, { nullable: true })
  text?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  from?: Date | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  to?: Date | null;
}

@ObjectType()
export class AuditVerification {
  @Field(() => Boolean)
  ok!: boolean;
  @Field(() => Float)
  events!: number;
  @Field(() => String)
  head!: string;
  @Field(() => GraphQLISODateTime)
  verifiedAt!: Date;
  @Field(() => Float)
  durationMs!: number;
  @Field(() => String, { nullable: true, description: 'the first link that does not hold, in words' })
  problem?: string | null;
  @Field(() => Float, { nullable: true })
  problemSeq?: number | null;
}
