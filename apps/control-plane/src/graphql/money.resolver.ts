import { Inject } from '@nestjs/common';
import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { AppError, type Ctx } from '@switchyard/kernel';
import { roi, roiInput, type ListedPrice, type Price as StoredPrice } from '@switchyard/ledger';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { UsageKeyEnum } from './enums.ts';
import { IdPipe } from './id.pipe.ts';
import { shown, toMicros } from './micros.ts';
import { ComparedAnswer, Roi, RoiInput, Savings, UsageRow } from './money.model.ts';
import { given } from './paging.ts';
import { Price, PriceInput, Repriced, RepriceInput } from './price.model.ts';

const DAY_MS = 86_400_000;
const MOST_DAYS = 366;

const toPrice = (price: StoredPrice): Price => ({ ...shown(price), listed: false });
const toListed = (price: ListedPrice): Price => ({ ...shown(price), status: 'accepted', listed: true });

function wantedRoi({ scenario, conversationsPerMonth, ...costs }: RoiInput) {
  if ((scenario == null) === (conversationsPerMonth == null))
    throw new AppError('unprocessable', 'Give a scenario, or conversationsPerMonth.', { path: 'scenario' });
  const base = roiInput(scenario ? { scenario } : { conversationsPerMonth: conversationsPerMonth ?? 0 });
  const own = Object.entries(given(costs)).map(([name, value]) => [name, toMicros(Number(value), name)]);
  return roiInput({ ...base, ...Object.fromEntries(own) });
}

@Resolver()
export class MoneyResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** Whole days (UTC), today included. */
  private span(days: number): { from: Date; to: Date } {
    if (days < 1 || days > MOST_DAYS)
      throw new AppError('unprocessable', `days: between 1 and ${MOST_DAYS}`, { path: 'days' });
    const now = this.services.clock.now().getTime();
    return { from: new Date((Math.floor(now / DAY_MS) + 1 - days) * DAY_MS), to: new Date(now + 1) };
  }

  @Query(() => Savings, { description: 'what code kept out, measured, and what it saved, estimated; losses included' })
  @Access('money.read')
  async savings(@CurrentCtx() ctx: Ctx, @Args('days', { type: () => Int, defaultValue: 30 }) days: number) {
    return shown(await this.services.ledger.savings(ctx, this.span(days)));
  }

  @Query(() => [UsageRow], { description: 'what models used and cost' })
  @Access('money.read')
  async usage(
    @CurrentCtx() ctx: Ctx,
    @Args('by', { type: () => UsageKeyEnum, defaultValue: 'day' }) by: keyof typeof UsageKeyEnum,
    @Args('days', { type: () => Int, defaultValue: 30 }) days: number,
    @Args('conversation', { type: () => String, nullable: true }) conversation: string | null,
    @Args('run', { type: () => ID, nullable: true }) run: string | null,
  ) {
    return shown(await this.services.ledger.usage(ctx, { ...this.span(days), by, conversation, run }));
  }

  @Query(() => [ComparedAnswer], { description: 'of a conversation, or of one run from outside a chat; the last 200' })
  @Access('money.read')
  async comparedAnswers(
    @CurrentCtx() ctx: Ctx,
    @Args('conversation', { type: () => String, nullable: true }) conversation: string | null,
    @Args('run', { type: () => ID, nullable: true }) run: string | null,
  ) {
    if ((conversation == null) === (run == null))
      throw new AppError('unprocessable', 'Give a conversation or a run.', { path: 'conversation' });
    const of = run == null ? { conversation: conversation ?? '' } : { run };
    return shown(await this.services.ledger.comparedAnswers(ctx, of));
  }

  @Query(() => Roi)
  @Access('money.read')
  roi(@Args('input', { type: () => RoiInput }) input: RoiInput) {
    return roi(wantedRoi(input));
  }

  @Query(() => [Price], {
    description: "the tenant's own, oldest first, then the shipped list; its own stand over the list",
  })
  @Access('money.read')
  async prices(@CurrentCtx() ctx: Ctx) {
    const { own, listed } = await this.services.ledger.listPrices(ctx);
    return [...own.map(toPrice), ...listed.map(toListed)];
  }

  @Mutation(() => Price, {
    description: 'more than ten times what holds, or from or to nothing, it waits for a person',
  })
  @Access('money.write')
  async addPrice(@CurrentCtx() ctx: Ctx, @Args('input', { type: () => PriceInput }) input: PriceInput) {
    const tiers = input.tiers.map((tier, at) => ({
      aboveInputTokens: tier.aboveInputTokens,
      inputMicros: toMicros(tier.inputMicros, `tiers.${at}.inputMicros`),
      cachedInputMicros: tier.cachedInputMicros == null ? null : toMicros(tier.cachedInputMicros, `tiers.${at}`),
      outputMicros: toMicros(tier.outputMicros, `tiers.${at}.outputMicros`),
      reasoningMicros: tier.reasoningMicros == null ? null : toMicros(tier.reasoningMicros, `tiers.${at}`),
    }));
    return toPrice(await this.services.ledger.addPrice(ctx, { ...input, tiers }));
  }

  @Mutation(() => Price)
  @Access('money.write')
  async decidePrice(
    @CurrentCtx() ctx: Ctx,
    @Args('id', { type: () => ID }, new IdPipe('price')) id: string,
    @Args('accept', { type: () => Boolean }) accept: boolean,
  ) {
    return toPrice(await this.services.ledger.decidePrice(ctx, id, accept));
  }

  @Mutation(() => Repriced, { description: 'computes costs again by the prices that hold now; what they were is kept' })
  @Access('money.write')
  async repriceUsage(@CurrentCtx() ctx: Ctx, @Args('input', { type: () => RepriceInput }) input: RepriceInput) {
    const { from, to, ...filter } = input;
    return shown(await this.services.ledger.reprice(ctx, { from, to, ...given(filter) }));
  }
}
