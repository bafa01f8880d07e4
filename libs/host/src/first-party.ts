import type { Transport } from '@modelcontextprotocol/client';
import type { Database } from '@switchyard/database';
import { AppError, systemCtx, type ConnectionId, type Ctx } from '@switchyard/kernel';
import {
  createCommerceServer,
  createSearchServer,
  openShop,
  type ProductVectors,
  serveInMemory,
  type FetchLike,
  type Shop,
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

type BuiltinTarget = Extract<UpstreamTarget, { kind: 'builtin' }>;

/** The product's own tool servers that every tenant has, by the name of their connection. */
const SERVERS = { search: createSearchServer } as const;

export const FIRST_PARTY = Object.keys(SERVERS);

const isFirstParty = (name: string): name is keyof typeof SERVERS => name in SERVERS;

/** The client's end of a transport to a server of one tenant's own. */
export function openFirstParty(target: UpstreamTarget, options: FirstPartyOptions): Transport {
  const { database, version, vectors, warn } = options;
  const { tenantId } = target;
  if (target.kind === 'builtin' && target.server === 'commerce') {
    const shop = shopOf(target, options);
    const onError = (error: unknown): void => warn(`commerce: ${error instanceof Error ? error.stack : String(error)}`);
    return serveInMemory(() => createCommerceServer({ shop, version, now: () => new Date(), onError }));
  }
  const { name } = target;
  if (!isFirstParty(name)) throw new Error(`there is no first-party server ${name}`);
  const onError = (error: unknown): void => warn(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
  return serveInMemory(() => SERVERS[name]({ database, tenantId, version, vectors, onError }));
}

/** Whether the shop of a connection answers with its credentials. Throws with a message for the admin. */
export async function probeFirstParty(ctx: Ctx, target: UpstreamTarget, options: FirstPartyOptions): Promise<void> {
  if (target.kind !== 'builtin' || target.server !== 'commerce') return;
  await shopOf(target, options).probe({ signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(PROBE_MS)]) });
}

const PROBE_MS = 60_000;

/** Credentials are fetched for each request, so that they are plaintext for no longer. */
function shopOf(target: BuiltinTarget, { database, vault, fetch }: FirstPartyOptions): Shop {
  const { tenantId, preset, settings, userId } = target;
  const connectionId: ConnectionId = target.connectionId;
  const of = { connectionId, ...(userId === undefined ? {} : { userId }) };
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
