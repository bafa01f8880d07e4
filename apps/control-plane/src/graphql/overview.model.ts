import { Field, Float, Int, ObjectType } from '@nestjs/graphql';

@ObjectType()
export class DayCount {
  @Field(() => String)
  day!: string;
  @Field(() => Int)
  done!: number;
  @Field(() => Int)
  rejected!: number;
  @Field(() => Int)
  failed!: number;
  @Field(() => Int)
  limit!: number;
  @Field(() => Int)
  crashed!: number;
  @Field(() => Int)
  tokensReturned!: number;
  @Field(() => Int)
  tokensKeptOut!: number;
}

@ObjectType()
export class ToolUse {
  @Field(() => String)
  server!: string;
  @Field(() => String)
  tool!: string;
  @Field(() => Int)
  calls!: number;
  @Field(() => Int)
  failed!: number;
  @Field(() => Float)
  medianMs!: number;
}

@ObjectType()
export class Overview {
  @Field(() => [DayCount])
  days!: DayCount[];
  @Field(() => Int)
  runs!: number;
  @Field(() => Float)
  failedShare!: number;
  @Field(() => Float, { nullable: true })
  p50Ms?: number | null;
  @Field(() => Float, { nullable: true })
  p95Ms?: number | null;
  @Field(() => Int)
  tokensReturned!: number;
  @Field(() => Int)
  tokensKeptOut!: number;
  @Field(() => Int)
  deniedCalls!: number;
  @Field(() => [ToolUse])
  tools!: ToolUse[];
}
