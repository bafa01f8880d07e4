import { Field, GraphQLISODateTime, Int, ObjectType } from '@nestjs/graphql';

@ObjectType({ description: "a tenant's own rules in Rego, as they were sent once" })
export class PolicyModule {
  @Field(() => Int)
  revision!: number;
  @Field(() => String, { nullable: true })
  comment?: string | null;
  @Field(() => Int)
  testCount!: number;
  @Field(() => String)
  compiler!: string;
  @Field(() => String, { description: 'SHA-256 of rules and tests, hexadecimal' })
  hash!: string;
  @Field(() => String)
  createdBy!: string;
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
}

@ObjectType()
export class PolicyModuleSource extends PolicyModule {
  @Field(() => String)
  source!: string;
  @Field(() => String)
  tests!: string;
}

@ObjectType()
export class PolicyModules {
  @Field(() => Int, { description: 'of the policy' })
  revision!: number;
  @Field(() => Int, { nullable: true, description: 'in force; null: none' })
  inForce?: number | null;
  @Field(() => String, { nullable: true, description: 'what compiles here; null: nothing does' })
  compiler?: string | null;
  @Field(() => String, { nullable: true, description: 'why nothing compiles here' })
  missing?: string | null;
  @Field(() => [PolicyModule], { description: 'newest first' })
  items!: PolicyModule[];
}

@ObjectType()
export class ModuleProblem {
  @Field(() => String, { description: 'rules or tests' })
  file!: string;
  @Field(() => Int, { description: 'from 1; 0: the whole file' })
  line!: number;
  @Field(() => Int)
  column!: number;
  @Field(() => String)
  message!: string;
}

@ObjectType({ description: 'either a revision that is not in force yet, or why nothing was kept' })
export class ModuleUpload {
  @Field(() => PolicyModule, { nullable: true })
  module?: PolicyModule | null;
  @Field(() => [ModuleProblem])
  problems!: ModuleProblem[];
}
