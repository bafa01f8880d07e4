import type { Transport } from '@modelcontextprotocol/client';
import type { Database } from '@switchyard/database';
import { AppError, systemCtx, type Clock, type Ctx, type TenantId } from '@switchyard/kernel';
import type { Ledger } from '@switchyard/ledger';
import {
  createAnalyticsServer,
  createCommerceServer,
  createContentServer,
  createSearchServer,
  openShop,
  type ProductVectors,
  serveInMemory,
  type CommerceServerOptions,
  type Crawls,
  type FetchLike,
  type PassageVectors,
  type ReportCache,
  type Shop,
  type Syncs,
} from '@switchyard/servers';
import type { UpstreamTarget } from '@switchyard/tools';
import type { Vault } from '@switchyard/vault';

interface FirstPartyOptions {
  readonly database: Database;
  readonly version: string;
  readonly vectors: ProductVectors;
  readonly vault: Pick<Vault, 'withSecrets' | 'put'>;
  /** The egress guard's. */
  readonly fetch: FetchLike;
  readonly warn: (message: string) => void;
}

interface ServingOptions extends FirstPartyOptions {
  readonly syncs: Syncs;
  readonly ledger: Pick<Ledger, 'report' | 'runStats'>;
  readonly reports: ReportCache;
  readonly crawls: Crawls;
  readonly passages: PassageVectors;
  readonly clock: Clock;
}

type ShopTarget = Pick<
  Extract<UpstreamTarget, { kind: 'builtin' }>,
  'tenantId' | 'connectionId' | 'preset' | 'settings' | 'userId'
>;

type Serve = (
  options: ServingOptions & { readonly tenantId: TenantId; readonly onError: (error: unknown) => void },
) => ReturnType<typeof createSearchServer>;

/** The product's own tool servers that every tenant has, by the name of their connection. */
const SERVERS = {
  search: createSearchServer,
  content: createContentServer,
  analytics: ({ reports, ...options }) => createAnalyticsServer({ ...options, cache: reports }),
} as const satisfies Readonly<Record<string, Serve>>;

export const FIRST_PARTY = Object.keys(SERVERS);

const isFirstParty = (name: string): name is keyof typeof SERVERS => name in SERVERS;

/** The client's end of a transport to a server of one tenant's own. */
export function openFirstParty(target: UpstreamTarget, options: ServingOptions): Transport {
  const { version, warn } = options;
  const { tenantId } = target;
  if (target.kind === 'builtin' && target.server === 'commerce') {
    const shop = shopOf(target, options);
    const onError = (error: unknown): void => warn(`commerce: ${error instanceof Error ? error.stack : String(error)}`);
    const runSync: CommerceServerOptions['runSync'] = (input) =>
      options.syncs.runFor({ tenantId }, target.connectionId, { ...input, startedBy: 'tool' });
    return serveInMemory(() => createCommerceServer({ shop, version, now: () => new Date(), runSync, onError }));
  }
  const { name } = target;
  if (!isFirstParty(name)) throw new Error(`there is no first-party server ${name}`);
  const onError = (error: unknown): void => warn(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
  return serveInMemory(() => SERVERS[name]({ ...options, tenantId, onError }));
}

/** Whether the shop of a connection answers with its credentials. Throws with a message for the admin. */
export async function probeFirstParty(ctx: Ctx, target: UpstreamTarget, options: FirstPartyOptions): Promise<void> {
  if (target.kind !== 'builtin' || target.server !== 'commerce') return;
  await shopOf(target, options).probe({ signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(PROBE_MS)]) });
}

const PROBE_MS = 60_000;

/** The shop of a connection. Credentials are fetched for each request, so that they are plaintext for no longer. */
export function shopOf(target: ShopTarget, { database, vault, fetch }: FirstPartyOptions): Shop {
  const { tenantId, preset, settings, userId } = target;
  const of = { connectionId: target.connectionId, ...(userId === undefined ? {} : { userId }) };
  const ctx = systemCtx(tenantId, 'commerce');
  try {
    return openShop({
      preset,
      settings,
      fetch,
      withSecrets: (use) => vault.withSecrets({ tenantId }, of, use),
      keepSecrets: (secrets) =>
        database.inTenant({ tenantId }, async (tx) => {
          for (const [name, value] of Object.entries(secrets)) await vault.put(ctx, { ...of, name, value }, tx);
        }),
    });
  } catch (cause) {
    throw new AppError(
      'unavailable',
      cause instanceof Error ? cause.message : 'The shop cannot be opened.',
      {},
      { cause },
    );
  }
}
