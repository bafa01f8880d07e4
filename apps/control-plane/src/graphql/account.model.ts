import { Field, GraphQLISODateTime, ID, InputType, ObjectType } from '@nestjs/graphql';
import { AccountStateEnum, OAuthModeEnum } from './enums.ts';

@ObjectType({ description: 'an account upstream that was connected by OAuth; its tokens are never told' })
export class Account {
  @Field(() => AccountStateEnum)
  state!: keyof typeof AccountStateEnum;
  @Field(() => String, { nullable: true, description: 'what the authorization server calls it' })
  account?: string | null;
  @Field(() => String, { nullable: true })
  issuer?: string | null;
  @Field(() => [String])
  scopes!: readonly string[];
  @Field(() => String, { nullable: true })
  connectedBy?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  connectedAt?: Date | null;
  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'null where access is renewed by itself, or has no end',
  })
  endsAt?: Date | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  renewedAt?: Date | null;
  @Field(() => String, { nullable: true })
  problem?: string | null;
}

@ObjectType({ description: 'a connection for which each member connects an own account, with the asker’s' })
export class OwnAccount {
  @Field(() => ID)
  connectionId!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String)
  title!: string;
  @Field(() => Account)
  account!: Account;
}

@ObjectType({ description: 'the client id that an admin entered' })
export class EnteredClient {
  @Field(() => String)
  clientId!: string;
  @Field(() => Boolean)
  hasSecret!: boolean;
}

@ObjectType()
export class ConnectStart {
  @Field(() => String, { description: 'where to send the browser; good once, for ten minutes, in this session' })
  url!: string;
}

@ObjectType()
export class Disconnected {
  @Field(() => Boolean, { description: 'false: forgotten here, but the authorization server was not told' })
  revoked!: boolean;
}

@ObjectType()
export class CredentialTest {
  @Field(() => Boolean)
  works!: boolean;
  @Field(() => String)
  message!: string;
}

@InputType()
export class OAuthInput {
  @Field(() => OAuthModeEnum)
  mode!: keyof typeof OAuthModeEnum;
  @Field(() => String, { nullable: true, description: 'of a client that was registered by hand; empty: none any more' })
  clientId?: string | null;
  @Field(() => String, { nullable: true })
  clientSecret?: string | null;
  @Field(() => String, { nullable: true, description: 'separated by spaces; empty: those that the server names' })
  scopes?: string | null;
}
