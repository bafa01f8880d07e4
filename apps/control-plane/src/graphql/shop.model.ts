import { Field, GraphQLISODateTime, ID, Int, ObjectType } from '@nestjs/graphql';

@ObjectType()
export class SyncedProduct {
  @Field(() => String)
  sku!: string;
  @Field(() => String, { description: 'added | changed | removed' })
  change!: string;
  @Field(() => [String], { description: 'what is different, by name' })
  fields!: readonly string[];
}

@ObjectType({ description: 'one reading of a shop’s catalogue into the product search' })
export class CatalogueSync {
  @Field(() => ID)
  id!: string;
  @Field(() => String, { description: 'waiting | running | done | failed | cancelled' })
  state!: string;
  @Field(() => Int)
  seen!: number;
  @Field(() => Int)
  added!: number;
  @Field(() => Int)
  changed!: number;
  @Field(() => Int)
  unchanged!: number;
  @Field(() => Int)
  removed!: number;
  @Field(() => Int, { description: 'left out: a product is stored under its SKU' })
  withoutSku!: number;
  @Field(() => Int, { description: 'left out: another shop of the tenant has this SKU' })
  conflicts!: number;
  @Field(() => [SyncedProduct], { description: 'at most ten of what became different' })
  sample!: readonly SyncedProduct[];
  @Field(() => String, { nullable: true })
  error?: string | null;
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
  @Field(() => GraphQLISODateTime, { nullable: true })
  finishedAt?: Date | null;
}

@ObjectType({ description: 'where a shop tells of changes' })
export class ShopHook {
  @Field(() => String, { description: 'the address that the shop sends to' })
  url!: string;
  @Field(() => Boolean, { description: 'the shop was told by its own interface; else an admin tells it' })
  registered!: boolean;
  @Field(() => [String])
  topics!: readonly string[];
  @Field(() => GraphQLISODateTime)
  createdAt!: Date;
  @Field(() => Int, { description: 'deliveries with the right signature' })
  received!: number;
  @Field(() => GraphQLISODateTime, { nullable: true })
  receivedAt?: Date | null;
  @Field(() => GraphQLISODateTime, { nullable: true, description: 'when one came with a wrong signature' })
  refusedAt?: Date | null;
  @Field(() => Int, { description: 'products that became different by it' })
  changed!: number;
  @Field(() => Int, { description: 'products that wait to be looked at' })
  waiting!: number;
  @Field(() => String, { nullable: true, description: 'why the shop could not be told, or be looked at' })
  problem?: string | null;
}

@ObjectType()
export class OpenedShopHook {
  @Field(() => ShopHook)
  hook!: ShopHook;
  @Field(() => String, { nullable: true, description: 'given once, where an admin has to tell it to the shop' })
  secret?: string | null;
}
