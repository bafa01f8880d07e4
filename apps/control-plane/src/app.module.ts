import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { ApolloServerPlugin } from '@apollo/server';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { ApprovalsController } from './approvals/approvals.controller.ts';
import { AuditController } from './audit/audit.controller.ts';
import { ToolsController } from './discovery/tools.controller.ts';
import { AccountResolver } from './graphql/account.resolver.ts';
import { ApprovalResolver } from './graphql/approval.resolver.ts';
import { AuditResolver } from './graphql/audit.resolver.ts';
import { BudgetResolver } from './graphql/budget.resolver.ts';
import { AlertResolver } from './graphql/alert.resolver.ts';
import { ChatSettingsResolver } from './graphql/chat-settings.resolver.ts';
import { ComparisonResolver } from './graphql/comparison.resolver.ts';
import { ConnectionResolver } from './graphql/connection.resolver.ts';
import { ConversationResolver } from './graphql/conversation.resolver.ts';
import { formatError } from './graphql/format-error.ts';
import { IdentityResolver } from './graphql/identity.resolver.ts';
import { graphqlArmor } from './graphql/armor.ts';
import { PolicyDraftResolver } from './graphql/policy-draft.resolver.ts';
import { PolicyModuleResolver } from './graphql/policy-module.resolver.ts';
import { MoneyResolver } from './graphql/money.resolver.ts';
import { PairResolver } from './graphql/pair.resolver.ts';
import { PolicyResolver } from './graphql/policy.resolver.ts';
import { PrivacyResolver } from './graphql/privacy.resolver.ts';
import { ReviewResolver } from './graphql/review.resolver.ts';
import { RolloutResolver } from './graphql/rollout.resolver.ts';
import { RuleResolver } from './graphql/rule.resolver.ts';
import { RunResolver } from './graphql/run.resolver.ts';
import { SamplingResolver } from './graphql/sampling.resolver.ts';
import { RunContentResolver } from './graphql/run-content.resolver.ts';
import { ShopResolver } from './graphql/shop.resolver.ts';
import { SiteCrawlResolver } from './graphql/site-crawl.resolver.ts';
import { SkillResolver } from './graphql/skill.resolver.ts';
import { AccessGuard } from './http/access.ts';
import { ErrorFilter } from './http/error.filter.ts';
import { HealthController } from './http/health.controller.ts';
import type { SwitchyardRequest } from './http/request.ts';
import { ChatController } from './openai/chat.controller.ts';
import { RunsController } from './runs/runs.controller.ts';
import { SkillsController } from './skills/skills.controller.ts';
import { SERVICES, type Services } from './services.ts';

// Every class is registered by itself: guards are known to be skipped for resolvers that come from a factory.
@Module({})
export class AppModule {
  static for(services: Services): DynamicModule {
    const { plugins, validationRules } = graphqlArmor;
    return {
      module: AppModule,
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          autoSchemaFile: true,
          sortSchema: true,
          path: '/graphql',
          graphiql: false,
          introspection: !services.production,
          csrfPrevention: true,
          stopOnTerminationSignals: false,
          includeStacktraceInErrorResponses: false,
          plugins: [...plugins] as unknown as ApolloServerPlugin[], // armor's types come from Apollo's CommonJS build
          validationRules: [...validationRules],
          context: (request: SwitchyardRequest) => ({ request }),
          formatError: (formatted, thrown) => formatError(formatted, thrown, services),
        }),
      ],
      controllers: [
        ApprovalsController,
        AuditController,
        ChatController,
        HealthController,
        RunsController,
        SkillsController,
        ToolsController,
      ],
      providers: [
        { provide: SERVICES, useValue: services },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_FILTER, useClass: ErrorFilter },
        AccountResolver,
        ApprovalResolver,
        AuditResolver,
        BudgetResolver,
        AlertResolver,
        ChatSettingsResolver,
        PrivacyResolver,
        ComparisonResolver,
        PairResolver,
        ConnectionResolver,
        ConversationResolver,
        IdentityResolver,
        PolicyDraftResolver,
        PolicyModuleResolver,
        MoneyResolver,
        PolicyResolver,
        ReviewResolver,
        RolloutResolver,
        RuleResolver,
        RunResolver,
        SamplingResolver,
        RunContentResolver,
        ShopResolver,
        SiteCrawlResolver,
        SkillResolver,
      ],
    };
  }
}
