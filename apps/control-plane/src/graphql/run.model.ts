import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { AskedBy } from './asked-by.model.ts';
import { RunStatusEnum } from './enums.ts';
import { Decision } from './policy.model.ts';
import { PageOf } from './page.model.ts';

@ObjectType()
export class Finding {
  @Field(() => String)
  stage!: string;
  @Field(() => String)
  code!: string;
  @Field(() => String)
  message!: string;
  @Field(() => Int)
  line!: number;
  @Field(() => Int)
  column!: number;
  @Field(() => String, { nullable: true })
  hint?: string | null;
  @Field(() => String)
  severity!: string;
}

@ObjectType()
export class LogEntry {
  @Field(() => String)
  stream!: string;
  @Field(() => String)
  text!: string;
  @Field(() => Float)
  at!: number;
}

@ObjectType()
export class RunCall {
  @Field(() => ID)
  id!: string;
  @Field(() => Int)
  seq!: number;
  @Field(() => String)
  server!: string;
  @Field(() => String)
  tool!: string;
  @Field(() => String, {
    description: 'ok|denied|approval_needed|not_found|invalid_arguments|tool_error|upstream_failed|timeout|cancelled',
  })
  status!: string;
  @Field(() => GraphQLJSON, { nullable: true })
  args?: unknown;
  @Field(() => GraphQLJSON, { nullable: true })
  result?: unknown;
  @Field(() => GraphQLJSON, { nullable: true })
  error?: unknown;
  @Field(() => ID, { nullable: true })
  decisionId?: string | null;
  @Field(() => Int)
  resultBytes!: number;
  @Field(() => Int)
  resultTokens!: number;
  @Field(() => GraphQLISODateTime)
  startedAt!: Date;
  @Field(() => Float)
  durationMs!: number;
}

@ObjectType()
export class Run extends AskedBy {
  @Field(() => ID)
  id!: string;
  @Field(() => RunStatusEnum)
  status!: keyof typeof RunStatusEnum;
  @Field(() => String)
  surface!: string;
  @Field(() => String, { nullable: true })
  conversation?: string | null;
  @Field(() => String)
  code!: string;
  @Field(() => String)
  codeHash!: string;
  @Field(() => GraphQLJSON)
  limits!: unknown;
  @Field(() => [Finding])
  findings!: Finding[];
  @Field(() => [LogEntry])
  logs!: LogEntry[];
  @Field(() => GraphQLJSON, { nullable: true })
  result?: unknown;
  @Field(() => Int)
  resultBytes!: number;
  @Field(() => GraphQLJSON, { nullable: true })
  error?: unknown;
  @Field(() => Int)
  policyRevision!: number;
  @Field(() => Int)
  callCount!: number;
  @Field(() => Int)
  deniedCount!: number;
  @Field(() => Int, { nullable: true })
  durationMs?: number | null;
  @Field(() => Int, { nullable: true })
  cpuMs?: number | null;
  @Field(() => Float, { nullable: true })
  peakMemoryBytes?: number | null;
  @Field(() => Int)
  tokensReturned!: number;
  @Field(() => Int)
  tokensKeptOut!: number;
  @Field(() => String)
  traceId!: string;
  @Field(() => GraphQLISODateTime)
  startedAt!: Date;
  @Field(() => GraphQLISODateTime, { nullable: true })
  finishedAt?: Date | null;
  @Field(() => [RunCall])
  calls!: RunCall[];
  @Field(() => [Decision])
  decisions!: Decision[];
}

@ObjectType({
  description: 'code, findings, logs, result and calls of a row are read one by one: ask for them sparingly',
})
export class RunPage extends PageOf(Run) {}

@InputType()
export class RunFilter {
  @Field(() => RunStatusEnum, { nullable: true })
  status?: keyof typeof RunStatusEnum | null;
  @Field(() => String, { nullable: true })
  surface?: string | null;
  @Field(() => String, { nullable: true })
  principal?: string | null;
  @Field(() => String, { nullable: true })
  text?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  from?: Date | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  to?: Date | null;
}
