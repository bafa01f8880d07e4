import { Field, GraphQLISODateTime, ID, Int, ObjectType } from '@nestjs/graphql';
import { SkillStateEnum } from './enums.ts';

@ObjectType()
export class NeededTool {
  @Field(() => String)
  server!: string;
  @Field(() => String, { nullable: true, description: 'null where the server is imported whole' })
  tool?: string | null;
}

@ObjectType()
export class SkillVersion {
  @Field(() => Int)
  version!: number;
  @Field(() => String)
  description!: string;
  @Field(() => String)
  code!: string;
  @Field(() => String)
  codeHash!: string;
  @Field(() => String)
  declaration!: string;
  @Field(() => String)
  inputType!: string;
  @Field(() => String)
  outputType!: string;
  @Field(() => [NeededTool])
  tools!: NeededTool[];
  @Field(() => [String], { description: 'skills that it imports' })
  skills!: string[];
  @Field(() => String)
  authorName!: string;
  @Field(() => ID, { nullable: true, description: 'the run that it was saved from' })
  runId?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  promotedAt?: Date | null;
  @Field(() => String, { nullable: true })
  promotedBy?: string | null;
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
}

@ObjectType()
export class Skill {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => SkillStateEnum)
  state!: keyof typeof SkillStateEnum;
  @Field(() => Int, { nullable: true })
  promotedVersion?: number | null;
  @Field(() => GraphQLISODateTime)
  updatedAt!: Date;
  @Field(() => [SkillVersion], { description: 'newest first; drafts of others only for those who may promote' })
  versions!: SkillVersion[];
}
