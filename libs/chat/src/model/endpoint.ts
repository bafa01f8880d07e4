import { AppError, type Clock, type ConnectionId, type Ctx } from '@switchyard/kernel';
import type { ChatSettings } from '../store/settings.ts';
import type { Model, ModelLimits, ModelTarget } from './model.ts';
import { createOpenAiModel, type Fetch } from './openai-model.ts';

/** The endpoint of the operator, for tenants that have none of their own. */
export interface OperatorEndpoint {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  /** `openai`, `scripted`, `replay`, or the host's name. */
  readonly provider: string;
  readonly scripted: boolean;
  readonly fetch: Fetch;
}

export interface EndpointsOptions {
  readonly operator: OperatorEndpoint;
  /** Refuses what must not be reached; for the URLs of tenants. */
  readonly guardedFetch: Fetch;
  readonly withSecrets: <T>(
    ctx: Pick<Ctx, 'tenantId'>,
    of: { readonly connectionId: ConnectionId },
    use: (secrets: Readonly<Record<string, string>>) => Promise<T>,
  ) => Promise<T>;
  readonly clock: Clock;
  readonly limits?: Partial<ModelLimits>;
}

/** The secret's name in the vault. */
export const ENDPOINT_KEY = 'api_key';
/** The package insists on a key; endpoints without keys read nothing of it. */
const NO_KEY = 'none';

export type WithModel = <T>(ctx: Ctx, settings: ChatSettings, use: (model: Model) => Promise<T>) => Promise<T>;

/** Opens the tenant's endpoint, or the operator's, for the length of `use`: its key is plaintext no longer than that. */
export function createEndpoints({ operator, guardedFetch, withSecrets, clock, limits }: EndpointsOptions): WithModel {
  const more = { clock, ...(limits ? { limits } : {}) };
  const target: ModelTarget = {
    provider: operator.provider,
    baseUrl: operator.baseUrl,
    defaultModel: operator.model,
    scripted: operator.scripted,
    guarded: false,
  };
  // The operator's key is in the environment anyway; one client serves all.
  const shared = createOpenAiModel({ target, apiKey: operator.apiKey, fetch: operator.fetch, ...more });
  return async (ctx, settings, use) => {
    const { endpoint } = settings;
    if (!endpoint) return use(shared);
    return withSecrets(ctx, { connectionId: endpoint.id as ConnectionId }, (secrets) => {
      if (!URL.canParse(endpoint.baseUrl))
        throw new AppError('unavailable', "The model endpoint's URL cannot be read.");
      const own: ModelTarget = {
        provider: new URL(endpoint.baseUrl).hostname,
        baseUrl: endpoint.baseUrl,
        defaultModel: endpoint.model ?? operator.model,
        scripted: false,
        guarded: true,
      };
      return use(
        createOpenAiModel({ target: own, apiKey: secrets[ENDPOINT_KEY] ?? NO_KEY, fetch: guardedFetch, ...more }),
      );
    });
  };
}
