import { Field, GraphQLISODateTime, ID, ObjectType } from '@nestjs/graphql';

@ObjectType()
export class ApiKey {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String)
  prefix!: string;
  @Field(() => [String])
  scopes!: string[];
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
  @Field(() => GraphQLISODateTime, { nullable: true })
  expiresAt?: Date | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  lastUsedAt?: Date | null;
  @Field(() => String, { nullable: true })
  createdBy?: string | null;
}

@ObjectType()
export class CreatedApiKey {
  @Field(() => ApiKey)
  apiKey!: ApiKey;
  @Field(() => String, { description: 'shown once' })
  key!: string;
}
