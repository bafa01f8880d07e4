import { Field, Int, ObjectType } from '@nestjs/graphql';

@ObjectType()
export class WallLayer {
  @Field(() => String)
  name!: string;
  @Field(() => Boolean)
  standing!: boolean;
  @Field(() => String)
  detail!: string;
}

@ObjectType()
export class ExecutorStatus {
  @Field(() => Boolean)
  connected!: boolean;
  @Field(() => String, { nullable: true })
  denoVersion?: string | null;
  @Field(() => Int)
  warm!: number;
  @Field(() => Int)
  running!: number;
  @Field(() => Int)
  queued!: number;
  @Field(() => Int)
  poolSize!: number;
  @Field(() => [WallLayer])
  layers!: WallLayer[];
}
