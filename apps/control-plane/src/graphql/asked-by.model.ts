import { Field, ObjectType } from '@nestjs/graphql';

/** Who asked, as it was then: what they are called may have changed since. */
@ObjectType({ isAbstract: true })
export abstract class AskedBy {
  @Field(() => String)
  principalKind!: string;
  @Field(() => String)
  principalId!: string;
  @Field(() => String)
  principalName!: string;
}
