import { Inject } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { PROMPTS, type ChatSettingsChange, type ShownSettings } from '@switchyard/chat';
import type { Ctx } from '@switchyard/kernel';
import { countTokens } from '@switchyard/ledger';
import { Access, CurrentCtx } from '../http/access.ts';
import { SERVICES, type Services } from '../services.ts';
import { ChatPrompt, ChatSettings, ChatSettingsInput } from './chat-settings.model.ts';
import { given } from './paging.ts';

@Resolver()
export class ChatSettingsResolver {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Query(() => ChatSettings)
  @Access('connections.read')
  async chatSettings(@CurrentCtx() ctx: Ctx) {
    return this.withProvider(await this.services.chat.settings(ctx));
  }

  @Mutation(() => ChatSettings)
  @Access('connections.write')
  async setChatSettings(
    @CurrentCtx() ctx: Ctx,
    @Args('input', { type: () => ChatSettingsInput }) input: ChatSettingsInput,
  ) {
    const { onCodeFailure, maxMends, ...nullable } = input;
    const change = { ...nullable, ...given({ onCodeFailure, maxMends }) } as ChatSettingsChange;
    return this.withProvider(await this.services.chat.changeSettings(ctx, change));
  }

  @Query(() => [ChatPrompt])
  @Access('connections.read')
  chatPrompts() {
    return PROMPTS.map(({ version, text }) => ({ version, text, tokens: countTokens(text).tokens }));
  }

  private withProvider(settings: ShownSettings): ChatSettings {
    const { provider, scripted } = this.services.operatorModel;
    return settings.baseUrl === null
      ? { ...settings, provider, scripted }
      : { ...settings, provider: new URL(settings.baseUrl).hostname, scripted: false };
  }
}
