import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { OAuthInput } from './account.model.ts';
import { ConnectionHealthEnum, ConnectionKindEnum, OAuthModeEnum, ToolStatusEnum } from './enums.ts';

@ObjectType()
export class CommandSpec {
  @Field(() => String)
  command!: string;
  @Field(() => [String])
  args!: string[];
  @Field(() => [String])
  env!: string[];
}

@ObjectType()
export class SecretInfo {
  @Field(() => String)
  name!: string;
  @Field(() => GraphQLISODateTime)
  updatedAt!: Date;
}

@ObjectType()
export class Tool {
  @Field(() => ID)
  id!: string;
  @Field(() => ID)
  connectionId!: string;
  @Field(() => String)
  server!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String)
  functionName!: string;
  @Field(() => String)
  path!: string;
  @Field(() => String, { nullable: true })
  title?: string | null;
  @Field(() => String)
  description!: string;
  @Field(() => String)
  category!: string;
  @Field(() => GraphQLJSON)
  inputSchema!: unknown;
  @Field(() => GraphQLJSON, { nullable: true })
  outputSchema?: unknown;
  @Field(() => GraphQLJSON)
  annotations!: unknown;
  @Field(() => String)
  declaration!: string;
  @Field(() => String, { nullable: true, description: 'with what results have shown, where its schema says nothing' })
  learnedDeclaration?: string | null;
  @Field(() => Int, { nullable: true, description: 'results that told something new' })
  learnedFrom?: number | null;
  @Field(() => ToolStatusEnum)
  status!: keyof typeof ToolStatusEnum;
  @Field(() => String, { nullable: true })
  problem?: string | null;
  @Field(() => GraphQLJSON, { nullable: true, description: 'the changed definition that waits to be accepted' })
  pending?: unknown;
  @Field(() => String, {
    nullable: true,
    description: 'of the pending definition; accepting names it, so that nothing unseen is accepted',
  })
  pendingHash?: string | null;
  @Field(() => GraphQLISODateTime)
  pinnedAt!: Date;
  @Field(() => String)
  definitionHash!: string;
}

@ObjectType()
export class Connection {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String)
  title!: string;
  @Field(() => ConnectionKindEnum)
  kind!: keyof typeof ConnectionKindEnum;
  @Field(() => String, { nullable: true })
  preset?: string | null;
  @Field(() => String, { nullable: true })
  url?: string | null;
  @Field(() => CommandSpec, { nullable: true })
  command?: CommandSpec | null;
  @Field(() => OAuthModeEnum, {
    description: 'whose account it signs in with by OAuth: the tenant’s, or each member’s own',
  })
  oauth!: keyof typeof OAuthModeEnum;
  @Field(() => String, { nullable: true })
  oauthScopes?: string | null;
  @Field(() => String, {
    description: 'what an authorization server has to allow when Switchyard is registered by hand',
  })
  oauthRedirectUrl!: string;
  @Field(() => Boolean)
  enabled!: boolean;
  @Field(() => Int)
  timeoutMs!: number;
  @Field(() => Int)
  maxConcurrency!: number;
  @Field(() => ConnectionHealthEnum)
  health!: keyof typeof ConnectionHealthEnum;
  @Field(() => String, { nullable: true })
  healthDetail?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  checkedAt?: Date | null;
  @Field(() => String, { nullable: true })
  protocolVersion?: string | null;
  @Field(() => String, { nullable: true })
  serverName?: string | null;
  @Field(() => String, { nullable: true })
  serverVersion?: string | null;
  @Field(() => String, { nullable: true })
  instructions?: string | null;
  @Field(() => [SecretInfo])
  secrets!: SecretInfo[];
  @Field(() => Int)
  toolCount!: number;
  @Field(() => Int)
  heldCount!: number;
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
  @Field(() => GraphQLISODateTime)
  updatedAt!: Date;
  @Field(() => [Tool])
  tools!: Tool[];
}

@ObjectType()
export class PresetField {
  @Field(() => String)
  name!: string;
  @Field(() => String)
  label!: string;
  @Field(() => String)
  kind!: string;
  @Field(() => String, { nullable: true })
  help?: string | null;
  @Field(() => Boolean)
  required!: boolean;
  @Field(() => String, { nullable: true })
  placeholder?: string | null;
}

@ObjectType()
export class Preset {
  @Field(() => String)
  name!: string;
  @Field(() => String)
  title!: string;
  @Field(() => String)
  description!: string;
  @Field(() => ConnectionKindEnum)
  kind!: keyof typeof ConnectionKindEnum;
  @Field(() => [PresetField])
  fields!: PresetField[];
  @Field(() => Boolean, { description: 'false: only the operator of this installation may add it' })
  available!: boolean;
  @Field(() => String, { nullable: true })
  docsUrl?: string | null;
}

@InputType()
export class SecretInput {
  @Field(() => String)
  name!: string;
  @Field(() => String)
  value!: string;
}

@InputType()
export class AddConnectionInput {
  @Field(() => String, { description: 'identifier used in code: servers/<name>' })
  name!: string;
  @Field(() => String, { nullable: true })
  title?: string | null;
  @Field(() => String, { nullable: true })
  preset?: string | null;
  @Field(() => String, { nullable: true })
  url?: string | null;
  @Field(() => [SecretInput], { nullable: true })
  headers?: SecretInput[] | null;
  @Field(() => [SecretInput], { nullable: true })
  fields?: SecretInput[] | null;
  @Field(() => Int, { nullable: true })
  timeoutMs?: number | null;
  @Field(() => OAuthInput, { nullable: true, description: 'with a URL' })
  oauth?: OAuthInput | null;
}

@InputType()
export class UpdateConnectionInput {
  @Field(() => ID)
  id!: string;
  @Field(() => GraphQLISODateTime, { description: 'optimistic lock' })
  expectedUpdatedAt!: Date;
  @Field(() => String, { nullable: true })
  title?: string | null;
  @Field(() => String, { nullable: true })
  url?: string | null;
  @Field(() => Boolean, { nullable: true })
  enabled?: boolean | null;
  @Field(() => Int, { nullable: true })
  timeoutMs?: number | null;
  @Field(() => Int, { nullable: true })
  maxConcurrency?: number | null;
  @Field(() => [SecretInput], { nullable: true })
  secrets?: SecretInput[] | null;
  @Field(() => OAuthInput, { nullable: true, description: 'a change of mode gives up what was connected' })
  oauth?: OAuthInput | null;
}
