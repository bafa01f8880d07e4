import { Field, ID, ObjectType } from '@nestjs/graphql';
import { RoleEnum } from './enums.ts';

@ObjectType()
export class User {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String)
  email!: string;
}

@ObjectType()
export class TenantMembership {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  slug!: string;
  @Field(() => String)
  name!: string;
  @Field(() => RoleEnum)
  role!: keyof typeof RoleEnum;
}

@ObjectType()
export class Viewer {
  @Field(() => User, { nullable: true })
  user?: User | null;
  @Field(() => TenantMembership)
  tenant!: TenantMembership;
  @Field(() => [TenantMembership])
  tenants!: TenantMembership[];
  @Field(() => [String], { description: 'closed list of permissions such as connections.write' })
  permissions!: string[];
  @Field(() => String, { description: 'e.g. http://127.0.0.1:4000' })
  publicUrl!: string;
  @Field(() => String)
  version!: string;
}
