import { Field, InputType, Int, ObjectType } from '@nestjs/graphql';
import { OptionalKindEnum } from './enums.ts';

@ObjectType({ description: "a tenant's own kind of private data" })
export class PrivacyPattern {
  @Field(() => String, { description: 'the name that its tokens carry: 2 to 20 capital letters' })
  kind!: string;
  @Field(() => String, { description: '# a digit, @ a letter, * either, all else itself' })
  mask!: string;
}

@InputType()
export class PrivacyPatternInput {
  @Field(() => String)
  kind!: string;
  @Field(() => String)
  mask!: string;
}

@ObjectType({ description: 'what of conversations is replaced before a model sees it' })
export class PrivacySettings {
  @Field(() => Boolean)
  enabled!: boolean;
  @Field(() => [OptionalKindEnum])
  kinds!: readonly (keyof typeof OptionalKindEnum)[];
  @Field(() => String, { nullable: true, description: 'where phone numbers without a plus are at home, such as DE' })
  country?: string | null;
  @Field(() => [String], { description: 'names of fields in which nothing is looked for' })
  exemptFields!: readonly string[];
  @Field(() => [PrivacyPattern])
  patterns!: readonly PrivacyPattern[];
  @Field(() => [String], { description: 'tools (server or server.tool) that get tokens, never what they stand for' })
  withheldFrom!: readonly string[];
  @Field(() => Int, { description: "for how long a conversation's tokens can be put back" })
  keptDays!: number;
}

@InputType({ description: 'what is left out stays' })
export class PrivacySettingsInput {
  @Field(() => Boolean, { nullable: true })
  enabled?: boolean | null;
  @Field(() => [OptionalKindEnum], { nullable: true })
  kinds?: (keyof typeof OptionalKindEnum)[] | null;
  @Field(() => String, { nullable: true, description: 'null takes it away' })
  country?: string | null;
  @Field(() => [String], { nullable: true })
  exemptFields?: string[] | null;
  @Field(() => [PrivacyPatternInput], { nullable: true })
  patterns?: PrivacyPatternInput[] | null;
  @Field(() => [String], { nullable: true })
  withheldFrom?: string[] | null;
  @Field(() => Int, { nullable: true })
  keptDays?: number | null;
}

@ObjectType({ description: 'how often a kind was replaced on its way to a model; never what it was' })
export class MaskedCount {
  @Field(() => String, { description: 'message, feedback, run, or the tool that it came out of' })
  place!: string;
  @Field(() => String, { description: 'empty for free text' })
  field!: string;
  @Field(() => String)
  kind!: string;
  @Field(() => Int)
  count!: number;
}
