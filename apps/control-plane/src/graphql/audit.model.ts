import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { PageOf } from './page.model.ts';
import { AuditStreamStartEnum } from './enums.ts';

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
  @Field(() => String, { nullable: true, description: 'SHA-256 in hex of the code that ran' })
  codeHash?: string | null;
  @Field(() => String, {
    nullable: true,
    description: "anywhere in an event; of runs also in the code, and in the calls' tools and arguments",
  })
  text?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  from?: Date | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  to?: Date | null;
}

@ObjectType()
export class AuditProblem {
  @Field(() => String)
  kind!: string;
  @Field(() => Float)
  seq!: number;
  @Field(() => String)
  message!: string;
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
  @Field(() => [AuditProblem], { description: 'the first few' })
  problems!: AuditProblem[];
  @Field(() => Float)
  problemCount!: number;
  @Field(() => Float)
  headSeq!: number;
  @Field(() => Float, { description: 'checkpoints whose signature holds' })
  checkpoints!: number;
  @Field(() => Float, { description: 'the newest event that a checkpoint vouches for; 0 where none does' })
  signedThrough!: number;
  @Field(() => Float, { description: 'the newest event that retention cut off; 0 where nothing was' })
  cutThrough!: number;
}

@ObjectType()
export class AuditStream {
  @Field(() => String)
  url!: string;
  @Field(() => Float, { description: 'the receiver has acknowledged all events up to this one' })
  ackedSeq!: number;
  @Field(() => Int, { description: 'attempts in a row that failed' })
  failures!: number;
  @Field(() => GraphQLISODateTime)
  nextAt!: Date;
  @Field(() => String, { nullable: true })
  lastError?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  lastAckedAt?: Date | null;
}

@ObjectType()
export class AuditKeeping {
  @Field(() => Int, { nullable: true, description: 'null: for ever' })
  retentionDays?: number | null;
  @Field(() => Float, { description: 'the newest event' })
  headSeq!: number;
  @Field(() => GraphQLISODateTime, { nullable: true })
  checkpointAt?: Date | null;
  @Field(() => AuditStream, { nullable: true })
  stream?: AuditStream | null;
  @Field(() => String, { description: 'of the key that signs checkpoints' })
  keyId!: string;
}

@InputType()
export class AuditStreamInput {
  @Field(() => String, { nullable: true, description: 'null takes the stream away' })
  url?: string | null;
  @Field(() => AuditStreamStartEnum, { nullable: true, description: 'behind the last acknowledged event unless told' })
  startAt?: keyof typeof AuditStreamStartEnum | null;
}

@ObjectType()
export class ChangedAuditStream {
  @Field(() => AuditKeeping)
  keeping!: AuditKeeping;
  @Field(() => String, { nullable: true, description: 'what signs deliveries: shown this once' })
  secret?: string | null;
}
