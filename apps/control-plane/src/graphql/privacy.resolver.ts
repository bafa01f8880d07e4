import { Inject } from '@nestjs/common';
import { Args, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { AppError, type Ctx } from '@switchyard/kernel';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { given } from './paging.ts';
import { MaskedCount, PrivacySettings, PrivacySettingsInput } from './privacy.model.ts';

const MOST_DAYS = 90;
const MOST_COUNTED = 2_147_483_647;

@Resolver()
export class PrivacyResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => PrivacySettings)
  @Access('privacy.read')
  privacySettings(@CurrentCtx() ctx: Ctx): Promise<PrivacySettings> {
    return this.services.privacy.settings(ctx);
  }

  @Mutation(() => PrivacySettings)
  @Access('privacy.write')
  setPrivacySettings(
    @CurrentCtx() ctx: Ctx,
    @Args('input', { type: () => PrivacySettingsInput }) { country, ...input }: PrivacySettingsInput,
  ): Promise<PrivacySettings> {
    return this.services.privacy.changeSettings(ctx, {
      ...given(input),
      ...(country === undefined ? {} : { country }), // null takes it away
    });
  }

  @Query(() => [MaskedCount], { description: 'most frequent first, at most 500' })
  @Access('privacy.read')
  async maskedCounts(
    @CurrentCtx() ctx: Ctx,
    @Args('days', { type: () => Int, defaultValue: 30 }) days: number,
  ): Promise<MaskedCount[]> {
    if (days < 1 || days > MOST_DAYS)
      throw new AppError('unprocessable', `days: between 1 and ${MOST_DAYS}`, { path: 'days' });
    const counts = await this.services.privacy.masked(ctx, { days });
    return counts.map((one) => ({ ...one, count: Math.min(one.count, MOST_COUNTED) }));
  }
}
