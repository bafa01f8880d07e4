import { Inject } from '@nestjs/common';
import { Args, ID, Int, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { ConversationSummary } from '@switchyard/chat';
import type { Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { ChatFeedback, ChatMessage, Conversation, ConversationFilter, ConversationPage } from './conversation.model.ts';
import { given, pageLimit } from './paging.ts';
import { Run } from './run.model.ts';

const RUNS = 100;

/** Micro-dollars as GraphQL can say them; safe up to nine milliard dollars. */
const toNumber = (micros: bigint | null): number | null => (micros === null ? null : Number(micros));
const shown = (conversation: ConversationSummary) => ({ ...conversation, costMicros: Number(conversation.costMicros) });

@Resolver(() => Conversation)
export class ConversationResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => ConversationPage)
  @Access('conversations.read')
  async conversations(
    @CurrentCtx() ctx: Ctx,
    @Args('filter', { type: () => ConversationFilter, nullable: true }) filter: ConversationFilter | null,
    @Args('cursor', { type: () => String, nullable: true }) cursor: string | null,
    @Args('limit', { type: () => Int, defaultValue: 25 }) limit: number,
  ) {
    const query = { ...given(filter), cursor, limit: pageLimit(limit) };
    const { items, next } = await this.services.chat.listConversations(ctx, query);
    return { items: items.map(shown), next };
  }

  @Query(() => Conversation)
  @Access('conversations.read')
  async conversation(@CurrentCtx() ctx: Ctx, @Args('id', { type: () => ID }) id: string) {
    return shown(await this.services.chat.getConversation(ctx, id));
  }

  @ResolveField(() => [ChatMessage])
  @Access('conversations.read')
  async messages(@CurrentCtx() ctx: Ctx, @Parent() { id }: Conversation) {
    const messages = await this.services.chat.messagesOf(ctx, id);
    return messages.map((message) => ({ ...message, costMicros: toNumber(message.costMicros) }));
  }

  @ResolveField(() => [Run])
  @Access('runs.read')
  async runs(@CurrentCtx() ctx: Ctx, @Parent() { key }: Conversation) {
    return (await this.services.ledger.listRuns(ctx, { conversation: key, surface: 'chat', limit: RUNS })).items;
  }

  @ResolveField(() => [ChatFeedback])
  @Access('conversations.read')
  feedback(@CurrentCtx() ctx: Ctx, @Parent() { id }: Conversation) {
    return this.services.chat.feedbackOf(ctx, id);
  }
}
