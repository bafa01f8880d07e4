import { Field, InputType, Int, ObjectType } from '@nestjs/graphql';
import { OnCodeFailureEnum } from './enums.ts';

@ObjectType()
export class ChatSettings {
  @Field(() => String, { nullable: true, description: "null: the operator's endpoint" })
  baseUrl?: string | null;
  @Field(() => String, { nullable: true, description: 'for requests that name none' })
  model?: string | null;
  @Field(() => Boolean)
  hasKey!: boolean;
  @Field(() => OnCodeFailureEnum)
  onCodeFailure!: keyof typeof OnCodeFailureEnum;
  @Field(() => Int, { description: 'how often findings and failures go back to the model' })
  maxMends!: number;
  @Field(() => String, { description: 'who answers now: openai, a host, scripted, replay' })
  provider!: string;
  @Field(() => Boolean)
  scripted!: boolean;
}

@InputType({ description: 'what is left out stays as it is; null goes back to the default' })
export class ChatSettingsInput {
  @Field(() => String, { nullable: true })
  baseUrl?: string | null;
  @Field(() => String, { nullable: true })
  model?: string | null;
  @Field(() => String, { nullable: true, description: 'written to the vault, never shown' })
  apiKey?: string | null;
  @Field(() => OnCodeFailureEnum, { nullable: true })
  onCodeFailure?: keyof typeof OnCodeFailureEnum | null;
  @Field(() => Int, { nullable: true })
  maxMends?: number | null;
}

@ObjectType({ description: 'what stands before the messages of an app' })
export class ChatPrompt {
  @Field(() => String, { description: 'kept with each answer that it led to; a changed text is a new version' })
  version!: string;
  @Field(() => String)
  text!: string;
  @Field(() => Int)
  tokens!: number;
}
