import { AppError, systemCtx, type ConnectionId, type Ctx, type TenantId } from '@switchyard/kernel';
import type { OpenedHook, Received, ShopHook, ShopHooks as Hooks, ShownHook } from '@switchyard/servers';
import type { Connections } from '@switchyard/tools';

/** What shops tell of: taken in by whichever node they reach, and looked at behind the answer. */
export interface ShopHooks {
  /** Errors: `not_found`, `unprocessable` for a connection that is none to a shop. */
  open(ctx: Ctx, connectionId: string): Promise<OpenedHook>;
  close(ctx: Ctx, connectionId: string): Promise<void>;
  get(ctx: Pick<Ctx, 'tenantId'>, connectionId: ConnectionId): Promise<ShownHook | undefined>;
  find(id: string): Promise<ShopHook | undefined>;
  receive(
    hook: ShopHook,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    body: Uint8Array,
  ): Promise<Received>;
  /** Looks at whatever is due of these tenants: what a node that died, or a shop that was away, has left. */
  work(tenantIds: readonly TenantId[]): Promise<void>;
  /** When what is under way has ended. */
  settled(): Promise<void>;
}

interface Options {
  readonly hooks: Hooks;
  readonly connections: Pick<Connections, 'list' | 'get'>;
  readonly signal: AbortSignal;
  readonly complain: (tenantId: TenantId, error: unknown) => void;
}

const SIDE_BY_SIDE = 4;

export function createShopHooks({ hooks, connections, signal, complain }: Options): ShopHooks {
  const working = new Map<TenantId, Promise<void>>();
  const again = new Set<TenantId>();

  async function turn(tenantId: TenantId): Promise<void> {
    const ctx = systemCtx(tenantId, 'shop hooks', signal);
    do {
      again.delete(tenantId);
      const shops = (await connections.list(ctx)).filter(({ enabled, kind }) => enabled && kind === 'builtin');
      await hooks.work(
        ctx,
        shops.map(({ id }) => id),
        signal,
      );
    } while (again.has(tenantId) && !signal.aborted);
  }

  /** One worker for a tenant in this process; whoever asks while it works has it look once more. */
  function begin(tenantId: TenantId): Promise<void> {
    const under = working.get(tenantId);
    if (under) {
      again.add(tenantId);
      return under;
    }
    const done = turn(tenantId)
      .catch((error: unknown) => {
        if (!signal.aborted) complain(tenantId, error);
      })
      .finally(() => working.delete(tenantId));
    working.set(tenantId, done);
    return done;
  }

  async function required(ctx: Ctx, id: string): Promise<ConnectionId> {
    const connection = await connections.get(ctx, id);
    if (connection.kind !== 'builtin' || connection.preset === null)
      throw new AppError('unprocessable', 'Only a connection to a shop can tell of changes.', { path: 'id' });
    return connection.id;
  }

  return {
    open: async (ctx, id) => hooks.open(ctx, await required(ctx, id)),
    close: async (ctx, id) => hooks.close(ctx, await required(ctx, id)),
    get: (ctx, connectionId) => hooks.get(ctx, connectionId),
    find: (id) => hooks.find(id),
    async receive(hook, headers, body) {
      const received = await hooks.receive(hook, headers, body);
      if (received === 'accepted' && !signal.aborted) void begin(hook.tenantId);
      return received;
    },
    async work(tenantIds) {
      const left = [...tenantIds];
      // Side by side, so that one tenant's slow shop does not keep the others waiting.
      const worker = async (): Promise<void> => {
        for (let next = left.shift(); next !== undefined && !signal.aborted; next = left.shift()) await begin(next);
      };
      await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
    },
    settled: async () => void (await Promise.all(working.values())),
  };
}
