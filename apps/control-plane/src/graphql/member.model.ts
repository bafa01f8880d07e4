import { Field, GraphQLISODateTime, ID, ObjectType } from '@nestjs/graphql';
import { RoleEnum } from './enums.ts';

@ObjectType()
export class Member {
  @Field(() => ID)
  id!: string;
  @Field(() => ID)
  userId!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String)
  email!: string;
  @Field(() => RoleEnum)
  role!: keyof typeof RoleEnum;
  @Field(() => GraphQLISODateTime)
  joinedAt!: Date;
}

@ObjectType()
export class Invitation {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  email!: string;
  @Field(() => RoleEnum)
  role!: keyof typeof RoleEnum;
  @Field(() => GraphQLISODateTime)
  expiresAt!: Date;
  @Field(() => String, { nullable: true, description: 'shown once, when the invitation is made' })
  link?: string | null;
}
