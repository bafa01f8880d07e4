import type { Type } from '@nestjs/common';
import { Field, ObjectType } from '@nestjs/graphql';

export interface Page<Item> {
  items: Item[];
  next?: string | null;
}

/** What a page of a list that is read by cursor has; each list gives it a name of its own. */
export function PageOf<Item>(item: Type<Item>): abstract new () => Page<Item> {
  @ObjectType({ isAbstract: true })
  abstract class PageModel implements Page<Item> {
    @Field(() => [item])
    items!: Item[];
    @Field(() => String, { nullable: true, description: 'the cursor of what follows; null at the end' })
    next?: string | null;
  }
  return PageModel;
}
