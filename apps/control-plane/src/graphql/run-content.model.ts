import { Field, Float, GraphQLISODateTime, ID, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { Finding, LogEntry } from './run.model.ts';

@ObjectType()
export class WorkspaceFile {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String, { description: 'text|json' })
  kind!: string;
  @Field(() => Int)
  bytes!: number;
  @Field(() => GraphQLISODateTime)
  updatedAt!: Date;
  @Field(() => GraphQLISODateTime)
  expiresAt!: Date;
}

@ObjectType({ description: 'what a run left beside its record, while it is kept' })
export class RunContent {
  @Field(() => Int, { nullable: true, description: 'of a result that was too large to send' })
  resultBytes?: number | null;
  @Field(() => Int, { nullable: true, description: 'of such a result that is a list' })
  resultRows?: number | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  resultExpiresAt?: Date | null;
  @Field(() => Boolean, { description: 'whether it can be replayed' })
  canReplay!: boolean;
  @Field(() => Int, { description: 'calls whose results were too large to be recorded' })
  callsLeftOut!: number;
  @Field(() => Boolean, { description: 'whether you may see the whole result and files, and replay it' })
  mayOpen!: boolean;
  @Field(() => [WorkspaceFile])
  files!: WorkspaceFile[];
}

@ObjectType({ description: "lines of a run's code, from 1, found by running it again against its record" })
export class ExecutedLines {
  @Field(() => ID)
  runId!: string;
  @Field(() => [Int])
  executed!: number[];
  @Field(() => [Int])
  missed!: number[];
  @Field(() => Boolean, { description: 'whether it made the calls that the run made' })
  faithful!: boolean;
}

@ObjectType()
export class Replay {
  @Field(() => ID)
  runId!: string;
  @Field(() => String)
  status!: string;
  @Field(() => GraphQLJSON, { nullable: true })
  error?: unknown;
  @Field(() => [Finding])
  findings!: Finding[];
  @Field(() => [LogEntry])
  logs!: LogEntry[];
  @Field(() => Float)
  durationMs!: number;
  @Field(() => GraphQLJSON, {
    description:
      '{ same, status, result, logs: { same, before, after }, calls: [{ tool, outcome, seq, args }], notMade }',
  })
  diff!: unknown;
}
