import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { AskedBy } from './asked-by.model.ts';
import { ArmEnum, FeedbackKindEnum } from './enums.ts';
import { Run } from './run.model.ts';
import { PageOf } from './page.model.ts';

@ObjectType({ description: 'a message as it is kept: masked and bounded' })
export class ChatMessage {
  @Field(() => ID)
  id!: string;
  @Field(() => String, { description: 'user | assistant' })
  role!: string;
  @Field(() => String)
  content!: string;
  @Field(() => Boolean)
  truncated!: boolean;
  @Field(() => GraphQLISODateTime)
  at!: Date;
  @Field(() => String)
  traceId!: string;
  @Field(() => String, { nullable: true, description: 'of answers: ok | error | cancelled' })
  status?: string | null;
  @Field(() => String, { nullable: true })
  errorCode?: string | null;
  @Field(() => ArmEnum, { nullable: true, description: 'as assigned' })
  arm?: keyof typeof ArmEnum | null;
  @Field(() => ArmEnum, { nullable: true, description: 'what answered in the end' })
  servedArm?: keyof typeof ArmEnum | null;
  @Field(() => String, { nullable: true, description: 'why the traditional arm answered instead' })
  fallback?: string | null;
  @Field(() => String, { nullable: true })
  provider?: string | null;
  @Field(() => String, { nullable: true })
  model?: string | null;
  @Field(() => Boolean, { description: 'no model answered: nothing of it is a model’s result' })
  scripted!: boolean;
  @Field(() => String, { nullable: true })
  finishReason?: string | null;
  @Field(() => String, { nullable: true })
  promptVersion?: string | null;
  @Field(() => GraphQLJSON, { description: '[{ id, status, calls, tokensReturned, tokensKeptOut }] of code that ran' })
  runs!: unknown;
  @Field(() => GraphQLJSON, { description: '[{ server, tool, status, args, result, … }] that the model called itself' })
  calls!: unknown;
  @Field(() => GraphQLJSON, { description: "[{ name, arguments }] of the app's own tools" })
  toolCalls!: unknown;
  @Field(() => Int)
  modelCalls!: number;
  @Field(() => Int)
  promptTokens!: number;
  @Field(() => Int)
  cachedTokens!: number;
  @Field(() => Int)
  completionTokens!: number;
  @Field(() => Int)
  reasoningTokens!: number;
  @Field(() => Boolean)
  usageEstimated!: boolean;
  @Field(() => Float, { nullable: true, description: 'micro-dollars; null where no price is known' })
  costMicros?: number | null;
  @Field(() => Int, { nullable: true })
  latencyMs?: number | null;
  @Field(() => Int, { nullable: true })
  firstTokenMs?: number | null;
}

@ObjectType()
export class ChatFeedback {
  @Field(() => ID)
  id!: string;
  @Field(() => FeedbackKindEnum)
  kind!: keyof typeof FeedbackKindEnum;
  @Field(() => String, { nullable: true, description: 'masked' })
  text?: string | null;
  @Field(() => ID, { nullable: true })
  runId?: string | null;
  @Field(() => String)
  principalName!: string;
  @Field(() => GraphQLISODateTime)
  at!: Date;
}

@ObjectType()
export class Conversation extends AskedBy {
  @Field(() => ID)
  id!: string;
  @Field(() => String, { description: 'as the app names it' })
  key!: string;
  @Field(() => ArmEnum, { nullable: true })
  arm?: keyof typeof ArmEnum | null;
  @Field(() => String, { nullable: true })
  band?: string | null;
  @Field(() => Boolean)
  scripted!: boolean;
  @Field(() => Int)
  answers!: number;
  @Field(() => Int)
  errors!: number;
  @Field(() => Int)
  fallbacks!: number;
  @Field(() => Float)
  promptTokens!: number;
  @Field(() => Float)
  completionTokens!: number;
  @Field(() => Float, { description: 'micro-dollars, of the answers whose price is known' })
  costMicros!: number;
  @Field(() => Int)
  complaints!: number;
  @Field(() => Int)
  praises!: number;
  @Field(() => Int)
  corrections!: number;
  @Field(() => GraphQLISODateTime)
  startedAt!: Date;
  @Field(() => GraphQLISODateTime)
  lastAt!: Date;
  @Field(() => [ChatMessage], { description: 'the latest 500, oldest first' })
  messages!: ChatMessage[];
  @Field(() => [Run], { description: 'code that ran in it, the latest 100' })
  runs!: Run[];
  @Field(() => [ChatFeedback])
  feedback!: ChatFeedback[];
}

@ObjectType({ description: 'messages, runs and feedback of a row are read one by one: ask for them sparingly' })
export class ConversationPage extends PageOf(Conversation) {}

@InputType()
export class ConversationFilter {
  @Field(() => ArmEnum, { nullable: true })
  arm?: keyof typeof ArmEnum | null;
  @Field(() => FeedbackKindEnum, { nullable: true, description: 'with at least one of that kind' })
  feedback?: keyof typeof FeedbackKindEnum | null;
  @Field(() => Boolean, { nullable: true, description: 'true: only with errors; false: only without' })
  errors?: boolean | null;
  @Field(() => Boolean, { nullable: true })
  fallbacks?: boolean | null;
  @Field(() => Boolean, { nullable: true })
  scripted?: boolean | null;
  @Field(() => String, { nullable: true, description: 'in its name or a message as it is kept' })
  text?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  from?: Date | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  to?: Date | null;
}
