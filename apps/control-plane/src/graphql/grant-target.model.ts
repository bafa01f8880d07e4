import { Field, InputType, ObjectType } from '@nestjs/graphql';
import { SubjectKindEnum } from './enums.ts';

/** Whom and what a grant, or a question about grants, is about. */
@ObjectType({ isAbstract: true })
@InputType({ isAbstract: true })
export abstract class GrantTarget {
  @Field(() => SubjectKindEnum)
  subjectKind!: keyof typeof SubjectKindEnum;
  @Field(() => String, { description: "a role, api_key (every key), or a key's id" })
  subject!: string;
  @Field(() => String)
  server!: string;
  @Field(() => String)
  tool!: string;
}
