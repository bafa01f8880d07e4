import { Field, Float, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { CaseAnswer, Judgement } from './case-answer.model.ts';
import { ArmEnum, ComparisonStatusEnum, EquivalenceEnum } from './enums.ts';
import { PageOf } from './page.model.ts';

type Arm = keyof typeof ArmEnum;
type Verdict = keyof typeof EquivalenceEnum;

@ObjectType()
export class SuiteCase {
  @Field(() => String)
  id!: string;
  @Field(() => String)
  category!: string;
  @Field(() => String)
  question!: string;
  @Field(() => Boolean, { description: 'its tools change something: left out unless that is allowed' })
  writes!: boolean;
}

@ObjectType()
export class Suite {
  @Field(() => String)
  name!: string;
  @Field(() => Int)
  version!: number;
  @Field(() => String)
  title!: string;
  @Field(() => String)
  description!: string;
  @Field(() => [String], { description: 'server.tool of what must be connected' })
  requires!: string[];
  @Field(() => [SuiteCase])
  cases!: SuiteCase[];
}

@ObjectType()
export class ComparedArm {
  @Field(() => Int)
  inputTokens!: number;
  @Field(() => Int)
  cachedInputTokens!: number;
  @Field(() => Int)
  outputTokens!: number;
  @Field(() => Int)
  tokens!: number;
  @Field(() => Boolean, { description: 'some were counted by a tokenizer, because the endpoint told nothing' })
  tokensEstimated!: boolean;
  @Field(() => Float, { nullable: true, description: 'micro-dollars; null where a price is not known' })
  costMicros?: number | null;
  @Field(() => Float, { nullable: true })
  p50Ms?: number | null;
  @Field(() => Float, { nullable: true })
  p95Ms?: number | null;
  @Field(() => Int)
  modelCalls!: number;
  @Field(() => Int)
  toolCalls!: number;
  @Field(() => Int)
  errors!: number;
  @Field(() => Int, { description: 'cases in which it stated every expected fact' })
  right!: number;
}

@ObjectType()
export class ComparisonTarget {
  @Field(() => String)
  name!: string;
  @Field(() => String)
  target!: string;
  @Field(() => String)
  measured!: string;
  @Field(() => Boolean, { nullable: true, description: 'null where this comparison cannot tell' })
  met?: boolean | null;
  @Field(() => String, { nullable: true })
  why?: string | null;
}

@ObjectType()
export class ComparedCategory {
  @Field(() => String)
  category!: string;
  @Field(() => Int)
  cases!: number;
  @Field(() => Int)
  equivalent!: number;
  @Field(() => Int)
  baselineTokens!: number;
  @Field(() => Int)
  candidateTokens!: number;
  @Field(() => Float, { nullable: true })
  savedTokensPercent?: number | null;
}

@ObjectType()
export class ComparisonFigures {
  @Field(() => Int)
  cases!: number;
  @Field(() => Int)
  equivalent!: number;
  @Field(() => Int)
  different!: number;
  @Field(() => Int)
  unclear!: number;
  @Field(() => Float, { nullable: true })
  equivalentPercent?: number | null;
  @Field(() => String, { description: 'model | scripted | mixed | nobody; nothing scripted is a quality of a model' })
  answeredBy!: string;
  @Field(() => [String])
  models!: string[];
  @Field(() => ComparedArm)
  baseline!: ComparedArm;
  @Field(() => ComparedArm)
  candidate!: ComparedArm;
  @Field(() => Float, { nullable: true, description: 'negative where the candidate took more' })
  savedTokensPercent?: number | null;
  @Field(() => Float, { nullable: true })
  savedCostPercent?: number | null;
  @Field(() => [ComparedCategory])
  categories!: ComparedCategory[];
  @Field(() => [ComparisonTarget])
  targets!: ComparisonTarget[];
}

@ObjectType()
export class ComparedCase {
  @Field(() => String)
  caseId!: string;
  @Field(() => String)
  category!: string;
  @Field(() => String)
  question!: string;
  @Field(() => EquivalenceEnum)
  verdict!: Verdict;
  @Field(() => CaseAnswer)
  baseline!: CaseAnswer;
  @Field(() => CaseAnswer)
  candidate!: CaseAnswer;
  @Field(() => Judgement)
  judgement!: Judgement;
}

@ObjectType()
export class Comparison {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  suite!: string;
  @Field(() => Int)
  suiteVersion!: number;
  @Field(() => ArmEnum)
  baselineArm!: Arm;
  @Field(() => ArmEnum)
  candidateArm!: Arm;
  @Field(() => ComparisonStatusEnum)
  status!: keyof typeof ComparisonStatusEnum;
  @Field(() => Int)
  caseCount!: number;
  @Field(() => Int)
  doneCount!: number;
  @Field(() => Int)
  concurrency!: number;
  @Field(() => Boolean)
  withWrites!: boolean;
  @Field(() => String)
  startedByName!: string;
  @Field(() => GraphQLISODateTime)
  startedAt!: Date;
  @Field(() => GraphQLISODateTime, { nullable: true })
  finishedAt?: Date | null;
}

@ObjectType()
export class ComparisonPage extends PageOf(Comparison) {}

@ObjectType()
export class ComparisonReport {
  @Field(() => String, {
    nullable: true,
    description: 'to be shown above all else; null where a model answered throughout',
  })
  notice?: string | null;
  @Field(() => Comparison)
  comparison!: Comparison;
  @Field(() => ComparisonFigures)
  figures!: ComparisonFigures;
  @Field(() => [ComparedCase])
  cases!: ComparedCase[];
  @Field(() => String)
  markdown!: string;
  @Field(() => GraphQLJSON, { description: 'all of it, for programs' })
  json!: unknown;
}

@InputType()
export class StartComparison {
  @Field(() => String)
  suite!: string;
  @Field(() => ArmEnum, { nullable: true, description: 'traditional unless told' })
  baselineArm?: Arm | null;
  @Field(() => ArmEnum, { nullable: true, description: 'code unless told' })
  candidateArm?: Arm | null;
  @Field(() => Int, { nullable: true, description: 'cases at once, 1 to 8; 2 unless told' })
  concurrency?: number | null;
  @Field(() => Boolean, { nullable: true, description: 'also cases whose tools change something' })
  allowWrites?: boolean | null;
}
