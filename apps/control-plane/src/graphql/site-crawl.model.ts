import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';

@ObjectType()
export class CrawledAddress {
  @Field(() => String)
  url!: string;
  @Field(() => String, { description: 'such as robots_forbidden, too_large, gone' })
  outcome!: string;
  @Field(() => String, { nullable: true })
  detail?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  at?: Date | null;
}

@ObjectType()
export class OutcomeCount {
  @Field(() => String)
  outcome!: string;
  @Field(() => Int)
  count!: number;
}

@ObjectType({ description: 'one reading of a site into the content search' })
export class SiteCrawl {
  @Field(() => ID)
  id!: string;
  @Field(() => String, { description: 'the host, without www.' })
  site!: string;
  @Field(() => String)
  startUrl!: string;
  @Field(() => String, { description: 'waiting | running | done | failed | cancelled' })
  state!: string;
  @Field(() => Int)
  maxPages!: number;
  @Field(() => Int)
  maxDepth!: number;
  @Field(() => Int, { description: 'addresses met' })
  known!: number;
  @Field(() => Int, { description: 'of those, looked at' })
  read!: number;
  @Field(() => Int)
  added!: number;
  @Field(() => Int)
  changed!: number;
  @Field(() => Int)
  unchanged!: number;
  @Field(() => Int)
  removed!: number;
  @Field(() => Int, { description: 'by robots.txt' })
  forbidden!: number;
  @Field(() => Int)
  problems!: number;
  @Field(() => Int, { description: 'links not followed: too many, or too deep' })
  leftOut!: number;
  @Field(() => String, { nullable: true })
  error?: string | null;
  @Field(() => String, { nullable: true })
  errorCode?: string | null;
  @Field(() => String)
  startedBy!: string;
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
  @Field(() => GraphQLISODateTime, { nullable: true })
  finishedAt?: Date | null;
  @Field(() => [CrawledAddress])
  addresses!: CrawledAddress[];
  @Field(() => [OutcomeCount])
  outcomes!: OutcomeCount[];
}

@InputType()
export class StartSiteCrawlInput {
  @Field(() => String)
  url!: string;
  @Field(() => Int, { nullable: true, description: '1 to 10,000; 500 if left out' })
  maxPages?: number | null;
  @Field(() => Int, { nullable: true, description: 'links from the start, 0 to 50; 10 if left out' })
  maxDepth?: number | null;
}
