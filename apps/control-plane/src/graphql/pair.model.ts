import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { PairChoiceEnum, PairPreferenceEnum } from './enums.ts';

@ObjectType({ description: 'two answers to one question; nothing of it tells which arm answered' })
export class BlindPair {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  question!: string;
  @Field(() => String)
  first!: string;
  @Field(() => String)
  second!: string;
  @Field(() => Boolean)
  scripted!: boolean;
  @Field(() => PairChoiceEnum, { nullable: true, description: 'what the asker said of it before' })
  choice?: keyof typeof PairChoiceEnum | null;
}

@ObjectType()
export class Agreement {
  @Field(() => Int)
  same!: number;
  @Field(() => Int)
  of!: number;
}

@ObjectType()
export class PreferenceCount {
  @Field(() => PairPreferenceEnum)
  preference!: keyof typeof PairPreferenceEnum;
  @Field(() => Int)
  grades!: number;
}

@ObjectType()
export class Grader {
  @Field(() => String)
  name!: string;
  @Field(() => Int)
  grades!: number;
}

@ObjectType()
export class PairSummary {
  @Field(() => Int)
  pairs!: number;
  @Field(() => Int, { description: 'by at least one person' })
  graded!: number;
  @Field(() => [PreferenceCount])
  preferred!: PreferenceCount[];
  @Field(() => [Grader])
  graders!: Grader[];
  @Field(() => Agreement, { description: 'every two people on every pair' })
  betweenPeople!: Agreement;
  @Field(() => Agreement, { description: "a person's word with the machine's verdict; unclear ones left out" })
  withMachine!: Agreement;
  @Field(() => Int, { description: "pairs in which the scripted model had a part: no model's quality" })
  scripted!: number;
}
