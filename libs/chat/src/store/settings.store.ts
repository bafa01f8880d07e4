import { AppError, newId, type ConnectionId, type Ctx } from '@switchyard/kernel';
import { announce, type Database, type Tx } from '@switchyard/database';
import { LRUCache } from 'lru-cache';
import { ENDPOINT_KEY } from '../model/endpoint.ts';
import {
  DEFAULT_SETTINGS,
  ON_CODE_FAILURE,
  parseSettingsChange,
  type ChatSettings,
  type ChatSettingsChange,
} from './settings.ts';

/** As the console shows them: the key never, only whether there is one. */
export interface ShownSettings {
  readonly baseUrl: string | null;
  readonly model: string | null;
  readonly hasKey: boolean;
  readonly onCodeFailure: ChatSettings['onCodeFailure'];
  readonly maxMends: number;
}

export interface SettingsAudit {
  readonly action: 'chat.settings_changed';
  readonly target: { readonly kind: 'chat_settings'; readonly id: string };
  readonly before: ShownSettings;
  readonly after: ShownSettings;
}

/** What settings need of the vault, in the transaction of the change. */
export interface EndpointKeys {
  put(ctx: Ctx, secret: { connectionId: ConnectionId; name: string; value: string }, tx: Tx): Promise<void>;
  remove(ctx: Ctx, of: { connectionId: ConnectionId; name?: string }, tx: Tx): Promise<number>;
  describe(ctx: Ctx, connectionId: ConnectionId): Promise<readonly { readonly name: string }[]>;
}

export interface SettingsStoreOptions {
  readonly database: Pick<Database, 'inTenant' | 'onChange'>;
  readonly keys: EndpointKeys;
  readonly audit: (tx: Tx, ctx: Ctx, event: SettingsAudit) => Promise<unknown>;
  /** Refuses a URL that must not be reached. */
  readonly checkUrl: (url: string) => Promise<void>;
}

const MOST_TENANTS = 10_000;

/** The tenants' settings, kept in memory until one changes anywhere. */
export class SettingsStore {
  readonly #known = new LRUCache<string, Promise<ChatSettings>>({ max: MOST_TENANTS });
  readonly #stop: () => void;

  constructor(readonly options: SettingsStoreOptions) {
    this.#stop = options.database.onChange(({ topic, tenantId }) => {
      if (topic === 'all') this.#known.clear();
      else if (topic === 'chat' && tenantId) this.#known.delete(tenantId);
    });
  }

  close(): void {
    this.#stop();
  }

  of(ctx: Pick<Ctx, 'tenantId'>): Promise<ChatSettings> {
    const known = this.#known.get(ctx.tenantId);
    if (known) return known;
    const reading = this.options.database.inTenant(ctx, (tx) => readSettings(tx, ctx));
    this.#known.set(ctx.tenantId, reading);
    reading.catch(() => this.#known.delete(ctx.tenantId));
    return reading;
  }

  async show(ctx: Ctx): Promise<ShownSettings> {
    return this.#shown(ctx, await this.options.database.inTenant(ctx, (tx) => readSettings(tx, ctx)));
  }

  /** Throws AppError `unprocessable`, and what `checkUrl` throws. A new host gets no key that was given for another. */
  async change(ctx: Ctx, input: ChatSettingsChange): Promise<ShownSettings> {
    const change = parseSettingsChange(input);
    const { database, keys, audit, checkUrl } = this.options;
    if (change.baseUrl) await checkUrl(change.baseUrl);
    const known = await database.inTenant(ctx, (tx) => readSettings(tx, ctx));
    const before = await this.#shown(ctx, known);
    const { apiKey, ...rest } = change;
    const wanted = { ...before, ...given(rest) };
    if (wanted.baseUrl === null && (apiKey || wanted.model !== null))
      throw new AppError('unprocessable', 'baseUrl: a key or a model of your own needs an endpoint of your own.', {
        path: 'baseUrl',
      });
    const movesHost = before.baseUrl !== null && originOf(wanted.baseUrl) !== originOf(before.baseUrl);
    const hasKey = apiKey === undefined ? before.hasKey && !movesHost : apiKey !== null;
    const after: ShownSettings = { ...wanted, hasKey };
    await database.inTenant(ctx, async (tx) => {
      const id = await endpointIdOf(tx, ctx);
      const { baseUrl, model, onCodeFailure, maxMends } = after;
      const data = { baseUrl, model, onCodeFailure, maxMends };
      const { endpointId } = await tx.chatSettings.upsert({
        where: { tenantId: ctx.tenantId },
        create: { tenantId: ctx.tenantId, endpointId: id, ...data },
        update: data,
      });
      const connectionId = endpointId as ConnectionId;
      if (before.hasKey && !hasKey) await keys.remove(ctx, { connectionId }, tx);
      if (apiKey) await keys.put(ctx, { connectionId, name: ENDPOINT_KEY, value: apiKey }, tx);
      await announce(tx, ctx.tenantId, 'chat');
      await audit(tx, ctx, {
        action: 'chat.settings_changed',
        target: { kind: 'chat_settings', id: ctx.tenantId },
        before,
        after,
      });
    });
    this.#known.delete(ctx.tenantId);
    return after;
  }

  async #shown(ctx: Ctx, { endpoint, onCodeFailure, maxMends }: ChatSettings): Promise<ShownSettings> {
    const secrets = endpoint ? await this.options.keys.describe(ctx, endpoint.id as ConnectionId) : [];
    return {
      baseUrl: endpoint?.baseUrl ?? null,
      model: endpoint?.model ?? null,
      hasKey: secrets.some(({ name }) => name === ENDPOINT_KEY),
      onCodeFailure,
      maxMends,
    };
  }
}

const originOf = (url: string | null): string | undefined => (url === null ? undefined : new URL(url).origin);

const given = <Fields extends object>(fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;

async function endpointIdOf(tx: Tx, ctx: Ctx): Promise<string> {
  const row = await tx.chatSettings.findUnique({ where: { tenantId: ctx.tenantId }, select: { endpointId: true } });
  return row?.endpointId ?? newId();
}

async function readSettings(tx: Tx, { tenantId }: Pick<Ctx, 'tenantId'>): Promise<ChatSettings> {
  const row = await tx.chatSettings.findUnique({ where: { tenantId } });
  if (!row) return DEFAULT_SETTINGS;
  const { endpointId: id, baseUrl, model, maxMends } = row;
  const onCodeFailure = ON_CODE_FAILURE.find((known) => known === row.onCodeFailure) ?? 'fall_back';
  return { endpoint: baseUrl === null ? undefined : { id, baseUrl, model }, onCodeFailure, maxMends };
}
