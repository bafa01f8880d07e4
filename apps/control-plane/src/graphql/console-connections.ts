import { AppError, type ConnectionId, type Ctx } from '@switchyard/kernel';
import {
  findPreset,
  isOwnSecret,
  PRESETS,
  type Accounts,
  type Connection as StoredConnection,
  type Connections,
  type CredentialTest,
  type NewConnection,
  type ToolRecord,
  type ToolStatus,
} from '@switchyard/tools';
import type { SecretDescription, Vault } from '@switchyard/vault';
import type { Account, EnteredClient, OAuthInput, OwnAccount } from './account.model.ts';
import type { AddConnectionInput, Connection, Preset, Tool, UpdateConnectionInput } from './connection.model.ts';

type WithoutTools = Omit<Connection, 'tools' | 'secrets'>;

/** Connections as the console shows and changes them: a connection and its credentials in one go. */
export interface ConsoleConnections {
  list(ctx: Ctx): Promise<WithoutTools[]>;
  get(ctx: Ctx, id: string): Promise<WithoutTools>;
  add(ctx: Ctx, input: AddConnectionInput): Promise<WithoutTools>;
  update(ctx: Ctx, input: UpdateConnectionInput): Promise<WithoutTools>;
  remove(ctx: Ctx, id: string): Promise<void>;
  check(ctx: Ctx, id: string): Promise<WithoutTools>;
  tools(
    ctx: Ctx,
    filter: {
      connectionId?: string | null | undefined;
      query?: string | null | undefined;
      status?: ToolStatus | null | undefined;
    },
  ): Promise<Tool[]>;
  tool(ctx: Ctx, id: string): Promise<Tool>;
  acceptTool(ctx: Ctx, input: { toolId: string; pendingHash: string }): Promise<Tool>;
  presets(): Preset[];
  /** Those that people set, by name. */
  secrets(ctx: Ctx, id: ConnectionId): Promise<SecretDescription[]>;
  /** Of the caller's own credential, or as an admin of the tenant's. */
  test(ctx: Ctx, id: string): Promise<CredentialTest>;
  /** The account that the caller's calls use there; null where it signs in otherwise. */
  account(ctx: Ctx, id: string): Promise<Account | null>;
  enteredClient(ctx: Ctx, id: string): Promise<EnteredClient | null>;
  ownAccounts(ctx: Ctx): Promise<OwnAccount[]>;
}

interface Options {
  readonly connections: Connections;
  readonly accounts: Accounts;
  readonly vault: Vault;
  readonly stdioPresets: readonly string[];
}

const HEADER_SECRET = /^[A-Za-z_][\w.-]{0,99}$/;

export function createConsoleConnections({ connections, accounts, vault, stdioPresets }: Options): ConsoleConnections {
  async function counted(ctx: Ctx, connection: StoredConnection): Promise<WithoutTools> {
    const tools = await connections.tools(ctx, connection.id);
    return {
      ...connection,
      oauth: modeOf(connection),
      oauthRedirectUrl: accounts.redirectUrl,
      toolCount: tools.filter((tool) => tool.status === 'active').length,
      heldCount: tools.filter((tool) => tool.status === 'held').length,
      command: connection.command && {
        command: connection.command.command,
        args: [...connection.command.args],
        env: Object.keys(connection.command.env),
      },
    };
  }

  async function putSecrets(
    ctx: Ctx,
    connectionId: ConnectionId,
    secrets: readonly { name: string; value: string }[],
  ): Promise<void> {
    if (secrets.some(({ name }) => isOwnSecret(name)))
      throw new AppError('unprocessable', 'Names that begin with "oauth." are Switchyard’s own: choose another.', {
        path: 'secrets',
      });
    for (const { name, value } of secrets) await vault.put(ctx, { connectionId, name, value });
  }

  async function enterClient(
    ctx: Ctx,
    connectionId: ConnectionId,
    given: OAuthInput | null | undefined,
  ): Promise<void> {
    const { clientId, clientSecret } = given ?? {};
    if (clientId === undefined || clientId === null) return;
    const secret = clientSecret ? { clientSecret } : {};
    await accounts.enterClient(ctx, { connectionId, clientId: clientId.trim(), ...secret });
  }

  async function allTools(ctx: Ctx): Promise<Tool[]> {
    const lists = await Promise.all(
      (await connections.list(ctx)).map((connection) => connections.tools(ctx, connection.id)),
    );
    return lists.flat().map(toTool);
  }

  return {
    list: async (ctx) => Promise.all((await connections.list(ctx)).map((connection) => counted(ctx, connection))),
    get: async (ctx, id) => counted(ctx, await connections.get(ctx, id)),

    async add(ctx, input) {
      const { wanted, secrets } = split(input);
      const added = await connections.add(ctx, wanted).catch(atField('url'));
      try {
        await putSecrets(ctx, added.id, secrets);
        await enterClient(ctx, added.id, input.oauth);
      } catch (error) {
        await connections.remove(ctx, added.id); // never a connection that lacks the credentials it was given
        throw error;
      }
      if (added.oauth) return counted(ctx, added); // it is looked at when somebody has connected an account
      return counted(ctx, (await connections.check(ctx, added.id)).connection);
    },

    async update(ctx, { id, expectedUpdatedAt, secrets, oauth, ...fields }) {
      const { title, url, enabled, timeoutMs, maxConcurrency } = fields;
      const change = { title, url, enabled, timeoutMs, maxConcurrency, ...settingsOf(oauth) };
      const wanted = Object.fromEntries(
        Object.entries(change).filter(
          ([name, value]) => value !== undefined && (value !== null || name === 'oauthScopes'),
        ),
      );
      const before = await connections.get(ctx, id);
      const after =
        Object.keys(wanted).length > 0
          ? await connections.update(ctx, { id, updatedAt: expectedUpdatedAt, ...wanted })
          : before;
      await putSecrets(ctx, after.id, secrets ?? []);
      await enterClient(ctx, after.id, oauth);
      return counted(ctx, after);
    },

    remove: (ctx, id) => connections.remove(ctx, id),
    check: async (ctx, id) => counted(ctx, (await connections.check(ctx, id)).connection),

    async tools(ctx, { connectionId, query, status }) {
      const tools = connectionId ? (await connections.tools(ctx, connectionId)).map(toTool) : await allTools(ctx);
      const words = (query ?? '').toLowerCase().split(/\s+/).filter(Boolean);
      return tools.filter((tool) => {
        const text =
          `${tool.server} ${tool.functionName} ${tool.name} ${tool.title ?? ''} ${tool.description} ${tool.category}`.toLowerCase();
        return (!status || tool.status === status) && words.every((word) => text.includes(word));
      });
    },

    async tool(ctx, id) {
      const found = (await allTools(ctx)).find((tool) => tool.id === id);
      if (!found)
        throw new AppError('not_found', 'There is no such tool: it may have been removed with its connection.');
      return found;
    },

    secrets: async (ctx, id) => (await vault.describe(ctx, id)).filter(({ name }) => !isOwnSecret(name)),
    test: (ctx, id) => connections.test(ctx, id),
    account: async (ctx, id) => (await accounts.status(ctx, await connections.get(ctx, id))) ?? null,
    async enteredClient(ctx, id) {
      const connection = await connections.get(ctx, id);
      return (await accounts.enteredClient(ctx, connection.id)) ?? null;
    },
    ownAccounts: async (ctx) =>
      (await accounts.own(ctx)).map(({ connection: { id, name, title }, status }) => ({
        connectionId: id,
        name,
        title,
        account: status,
      })),

    acceptTool: async (ctx, input) => toTool(await connections.acceptTool(ctx, input)),

    presets: () =>
      PRESETS.map(({ id, title, description, docs, fields, connect }) => ({
        name: id,
        title,
        description,
        kind: connect.kind,
        docsUrl: docs,
        available: connect.kind !== 'stdio' || stdioPresets.includes(id),
        fields: fields.map(({ name, label, kind, help, optional }) => ({
          name,
          label,
          kind,
          help,
          required: !optional,
          placeholder: null,
        })),
      })),
  };
}

const modeOf = ({ oauth, perUser }: StoredConnection): Connection['oauth'] =>
  oauth ? (perUser ? 'personal' : 'shared') : 'none';

/** What the console's one choice means for a connection. */
function settingsOf(given: OAuthInput | null | undefined) {
  if (!given) return {};
  const scopes = given.scopes;
  return {
    oauth: given.mode !== 'none',
    ...(given.mode === 'none' ? {} : { perUser: given.mode === 'personal' }),
    ...(scopes === undefined || scopes === null ? {} : { oauthScopes: scopes.trim() || null }),
  };
}

/** An address that may not be reached is the fault of the field it was typed into. */
const atField =
  (path: string) =>
  (error: unknown): never => {
    if (error instanceof AppError && error.details['reason'] === 'egress')
      throw new AppError('unprocessable', error.message, { ...error.details, path });
    throw error;
  };

/** What goes into the connection, and what into the vault. */
function split(input: AddConnectionInput): { wanted: NewConnection; secrets: { name: string; value: string }[] } {
  const common = {
    name: input.name,
    ...(input.title ? { title: input.title } : {}),
    ...(input.timeoutMs ? { timeoutMs: input.timeoutMs } : {}),
  };
  if (input.preset) {
    const preset = findPreset(input.preset);
    if (!preset) throw new AppError('unprocessable', `preset: there is no ${input.preset}`, { path: 'preset' });
    const isSecret = (name: string): boolean =>
      preset.fields.some((field) => field.name === name && field.kind === 'secret');
    const fields = input.fields ?? [];
    return {
      wanted: {
        ...common,
        preset: input.preset,
        fields: Object.fromEntries(
          fields.filter(({ name }) => !isSecret(name)).map(({ name, value }) => [name, value]),
        ),
      },
      secrets: fields.filter(({ name, value }) => isSecret(name) && value !== ''),
    };
  }
  if (!input.url) throw new AppError('unprocessable', 'url: give a preset or the URL of the server', { path: 'url' });
  // A header's value may be a credential, so all of them are: the connection holds a placeholder for each.
  const headers = (input.headers ?? []).map(({ name, value }) => ({ header: name, secret: `header.${name}`, value }));
  const bad = headers.find(({ secret }) => !HEADER_SECRET.test(secret));
  if (bad)
    throw new AppError('unprocessable', `headers: "${bad.header}" is not the name of a header`, { path: 'headers' });
  return {
    wanted: {
      ...common,
      url: input.url,
      headers: Object.fromEntries(headers.map(({ header, secret }) => [header, `{{${secret}}}`])),
      ...settingsOf(input.oauth),
    },
    secrets: headers.map(({ secret, value }) => ({ name: secret, value })),
  };
}

const toTool = (record: ToolRecord): Tool => ({
  id: record.id,
  connectionId: record.connectionId,
  server: record.server,
  name: record.upstreamName,
  functionName: record.name,
  path: record.path,
  title: record.title ?? null,
  description: record.description,
  category: record.category,
  inputSchema: record.inputSchema,
  outputSchema: record.outputSchema ?? null,
  annotations: record.annotations,
  declaration: record.declaration,
  learnedDeclaration: record.learned?.declaration ?? null,
  learnedFrom: record.learned?.samples ?? null,
  status: record.status,
  problem: record.problem,
  pending: record.pending,
  pendingHash: record.pendingHash,
  pinnedAt: record.pinnedAt,
  definitionHash: record.definitionHash,
});
