import { registerClient, RegistrationRejectedError, resolveClientMetadata } from '@modelcontextprotocol/client';
import type { Database } from '@switchyard/database';
import { AppError, newId, type Clock, type ConnectionId, type Ctx } from '@switchyard/kernel';
import type { AuditConnections } from '../catalog/audited.ts';
import type { FetchLike } from '../upstream/egress.ts';
import { clientSecretName, type AccountVault } from './account.ts';
import { bindClient, insertClient, readCurrentClient, retireClients, type StoredClient } from './client.store.ts';
import type { AuthorizationServer } from './discovery.ts';

/** Who Switchyard says it is to authorization servers. */
export interface OwnClient {
  /** Where browsers come back to. */
  readonly redirectUrl: string;
  /** Where its description stands for everybody, which is then its client id; undefined where that is not over TLS. */
  readonly documentUrl: string | undefined;
  readonly homeUrl: string;
}

export interface ChosenClient {
  readonly clientId: string;
  /** The row that has the rest; null for the public document. */
  readonly clientRef: string | null;
}

const described = ({ redirectUrl, homeUrl }: OwnClient) => ({
  client_name: 'Switchyard',
  redirect_uris: [redirectUrl],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  ...(homeUrl.startsWith('https:') ? { client_uri: homeUrl } : {}),
});

/** The client id metadata document (SEP-991), for the URL that it names itself by; undefined without TLS. */
export function clientDocument(own: OwnClient): Record<string, unknown> | undefined {
  if (own.documentUrl === undefined) return undefined;
  return { client_id: own.documentUrl, ...described(own), application_type: 'web', token_endpoint_auth_method: 'none' };
}

export interface ClientDeps {
  readonly database: Pick<Database, 'inTenant'>;
  readonly vault: AccountVault;
  readonly audit: AuditConnections;
  readonly own: OwnClient;
  readonly clock: Clock;
}

/**
 * What an admin entered stands first; else the public document, where the server reads such; else a registration of this
 * connection's own. Each is bound to one issuer. Errors: `unprocessable` where an admin has to enter one, `conflict` where
 * the one that was entered is for another server, `upstream_failed`.
 */
export async function chooseClient(
  ctx: Ctx,
  { connectionId, server, fetch }: { connectionId: ConnectionId; server: AuthorizationServer; fetch: FetchLike },
  deps: ClientDeps,
): Promise<ChosenClient> {
  const { database, own, clock } = deps;
  const { issuer } = server;
  const current = await database.inTenant(ctx, (tx) => readCurrentClient(tx, connectionId));
  if (current?.kind === 'entered') {
    const bound =
      current.issuer === issuer ||
      (current.issuer === null && (await database.inTenant(ctx, (tx) => bindClient(tx, current.id, issuer))));
    if (bound) return { clientId: current.clientId, clientRef: current.id };
    throw new AppError(
      'conflict',
      'The client id that was entered belongs to another authorization server than the one that the tool server names now: an admin enters it anew, if that is right.',
      { reason: 'client_of_another_issuer' },
    );
  }
  if (server.client_id_metadata_document_supported === true && own.documentUrl !== undefined)
    return { clientId: own.documentUrl, clientRef: null };
  const isUsable = current?.issuer === issuer && (current.expiresAt === null || current.expiresAt > clock.now());
  if (current && isUsable) return { clientId: current.clientId, clientRef: current.id };
  if (server.registration_endpoint === undefined)
    throw new AppError(
      'unprocessable',
      'This authorization server takes no client that comes by itself: an admin registers Switchyard there and enters the client id in the connection’s settings.',
      { reason: 'client_needed', redirectUrl: own.redirectUrl },
    );
  return register(ctx, { connectionId, server, fetch }, deps);
}

async function register(
  ctx: Ctx,
  { connectionId, server, fetch }: { connectionId: ConnectionId; server: AuthorizationServer; fetch: FetchLike },
  { database, vault, audit, own }: ClientDeps,
): Promise<ChosenClient> {
  const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const method = ['none', 'client_secret_basic', 'client_secret_post'].find((name) => methods.includes(name)) ?? 'none';
  const clientMetadata = resolveClientMetadata({
    redirectUrl: own.redirectUrl,
    clientMetadata: { ...described(own), token_endpoint_auth_method: method },
  });
  const registered = await registerClient(server.issuer, { metadata: server, clientMetadata, fetchFn: fetch }).catch(
    (cause: unknown) => {
      if (cause instanceof AppError) throw cause;
      const why = cause instanceof RegistrationRejectedError ? 'refused to register Switchyard' : 'could not be asked';
      throw new AppError(
        'upstream_failed',
        `The authorization server ${why}: register it there by hand, and enter the client id in the connection’s settings.`,
        { reason: 'client_needed', redirectUrl: own.redirectUrl },
        { cause },
      );
    },
  );
  const { client_id: clientId, client_secret: secret, client_secret_expires_at: expires } = registered;
  const client: StoredClient = {
    id: newId(),
    issuer: server.issuer,
    kind: 'registered',
    clientId,
    hasSecret: secret !== undefined,
    expiresAt: expires ? new Date(expires * 1_000) : null,
  };
  await database.inTenant(ctx, async (tx) => {
    await insertClient(tx, ctx, connectionId, client);
    if (secret !== undefined)
      await vault.put(ctx, { connectionId, name: clientSecretName(client.id), value: secret }, tx);
    await audit(tx, ctx, {
      action: 'account.client_registered',
      target: { kind: 'connection', id: connectionId },
      before: null,
      after: { issuer: server.issuer, clientId },
    });
  });
  return { clientId, clientRef: client.id };
}

/** What an admin was given by the authorization server; without it what was entered before counts no more. */
export async function enterClient(
  ctx: Ctx,
  { connectionId, clientId, clientSecret }: { connectionId: ConnectionId; clientId: string; clientSecret?: string },
  { database, vault, audit }: ClientDeps,
): Promise<void> {
  await database.inTenant(ctx, async (tx) => {
    const before = await readCurrentClient(tx, connectionId);
    if (clientId === '' && before?.kind !== 'entered') return;
    const id = newId();
    if (clientId === '') await retireClients(tx, connectionId);
    else
      await insertClient(tx, ctx, connectionId, {
        id,
        issuer: null,
        kind: 'entered',
        clientId,
        hasSecret: clientSecret !== undefined,
        expiresAt: null,
      });
    if (clientId !== '' && clientSecret !== undefined)
      await vault.put(ctx, { connectionId, name: clientSecretName(id), value: clientSecret }, tx);
    await audit(tx, ctx, {
      action: 'account.client_entered',
      target: { kind: 'connection', id: connectionId },
      before: before ? { issuer: before.issuer, clientId: before.clientId } : null,
      after: clientId === '' ? null : { clientId, withSecret: clientSecret !== undefined },
    });
  });
}
