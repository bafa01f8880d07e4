import {
  exchangeAuthorization,
  IssuerMismatchError,
  OAuthError,
  startAuthorization,
} from '@modelcontextprotocol/client';
import type { Tx } from '@switchyard/database';
import { AppError, newId, type Ctx, type UserId } from '@switchyard/kernel';
import type { Connection } from '../catalog/connection.ts';
import { readConnection } from '../catalog/connection.store.ts';
import { accessName, ownerOf, placeOf, refreshName, requireMayConnect, SHARED, type Grant } from './account.ts';
import { chooseClient, type ClientDeps } from './client.ts';
import { credentialsOf } from './client-secret.ts';
import { discover } from './discovery.ts';
import { deleteFlowsOf, insertFlow, takeFlow, type Flow } from './flow.store.ts';
import { deleteGrant, insertGrant, lockAccount, readGrant, readGrantsOf } from './grant.store.ts';
import { outbound } from './outbound.ts';
import { accountIn, timesOf, wordOf } from './token-answer.ts';
import { digest, newState } from './state.ts';
import type { EgressGuard } from '../upstream/egress.ts';

export interface ConnectDeps extends ClientDeps {
  readonly egress: Pick<EgressGuard, 'fetch' | 'check'>;
}

const PURPOSE = 'oauth verifier';
const FLOW_MS = 10 * 60_000;

const stale = (): AppError =>
  new AppError(
    'forbidden',
    'This sign-in is not one that you began here, or it has ended: press Connect again, and finish it in the same browser.',
    { reason: 'oauth_state' },
  );

async function connectionOf(tx: Tx, id: string): Promise<Connection> {
  const connection = /^[0-9a-f-]{36}$/.test(id) ? await readConnection(tx, id) : undefined;
  if (!connection) throw new AppError('not_found', 'There is no such connection.');
  return connection;
}

export interface BeginInput {
  readonly connectionId: string;
  /** Of the browser; asked for when the caller may connect here at all. */
  readonly session: () => Promise<string>;
}

/** Gives the address to send the browser to. The same session has to come back, within ten minutes. */
export async function begin(
  ctx: Ctx,
  { connectionId, session }: BeginInput,
  deps: ConnectDeps,
): Promise<{ url: string }> {
  const { database, egress, vault, own, clock } = deps;
  const connection = await database.inTenant(ctx, (tx) => connectionOf(tx, connectionId));
  const startedBy = requireMayConnect(ctx, connection);
  const sessionHash = digest(await session());
  const serverUrl = connection.url ?? '';
  const fetch = outbound(egress, ctx.signal);
  const { server, resource, scope: wanted } = await discover(serverUrl, { fetch, check: egress.check });
  const client = await chooseClient(ctx, { connectionId: connection.id, server, fetch }, deps);
  const scope = scopeOf(connection.oauthScopes ?? wanted, server.scopes_supported);
  const state = newState(ctx.tenantId);
  const { authorizationUrl, codeVerifier } = await startAuthorization(server.issuer, {
    metadata: server,
    clientInformation: { client_id: client.clientId },
    redirectUrl: own.redirectUrl,
    state,
    resource,
    ...(scope === null ? {} : { scope }),
  });
  const startedAt = clock.now();
  const flow: Flow = {
    id: newId(),
    connectionId: connection.id,
    startedBy,
    sessionHash,
    userId: ownerOf(ctx, connection),
    serverUrl,
    resource,
    server,
    ...client,
    scope,
    startedAt,
    expiresAt: new Date(startedAt.getTime() + FLOW_MS),
  };
  await database.inTenant(ctx, async (tx) => {
    await vault.forget(await insertFlow(tx, ctx, digest(state), flow), tx);
    const bytes = Buffer.from(codeVerifier, 'utf8');
    await vault.keep(ctx, { id: flow.id, purpose: PURPOSE, bytes, expiresAt: flow.expiresAt }, tx);
  });
  return { url: authorizationUrl.href };
}

/** Access that outlives the browser is asked for where the server knows of it. */
function scopeOf(wanted: string | undefined, supported: readonly string[] | undefined): string | null {
  const scopes = new Set((wanted ?? '').split(' ').filter(Boolean));
  if (supported?.includes('offline_access')) scopes.add('offline_access');
  return scopes.size === 0 ? null : [...scopes].join(' ');
}

export interface Returned {
  readonly state: string;
  readonly session: string;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  /** Who the answer says it comes from (RFC 9207). */
  readonly iss?: string | undefined;
}

/**
 * The browser has come back. Only who began it, in the same session and once, gets an account for it. Errors: `forbidden`
 * where it fits nothing that was begun or comes from another issuer, `conflict`, `upstream_failed`.
 */
export async function finish(ctx: Ctx, returned: Returned, deps: ConnectDeps): Promise<{ grant: Grant }> {
  const { database, egress, vault, audit, own, clock } = deps;
  const { flow, verifier } = await taken(ctx, returned, deps);
  const { server, connectionId } = flow;
  const fromIssuer = returned.iss ?? (server.authorization_response_iss_parameter_supported ? '' : server.issuer);
  if (fromIssuer !== server.issuer)
    throw new AppError(
      'forbidden',
      'The answer comes from another authorization server than the one that was asked: nothing was connected.',
      { reason: 'oauth_issuer' },
    );
  if (returned.code === undefined || returned.error !== undefined)
    throw new AppError(
      'upstream_failed',
      returned.error === 'access_denied'
        ? 'The account was not connected: access was refused at the authorization server.'
        : 'The authorization server did not let Switchyard in: try again, or ask whoever runs it.',
      { reason: 'oauth_refused' },
    );
  const clientInformation = await credentialsOf(ctx, flow, deps);
  const tokens = await exchangeAuthorization(server.issuer, {
    metadata: server,
    clientInformation,
    authorizationCode: returned.code,
    ...(returned.iss === undefined ? {} : { iss: returned.iss }),
    codeVerifier: verifier,
    redirectUri: own.redirectUrl,
    ...(flow.resource === null ? {} : { resource: flow.resource }),
    fetchFn: outbound(egress, ctx.signal),
  }).catch((cause: unknown) => {
    if (cause instanceof AppError) throw cause;
    throw new AppError(
      cause instanceof IssuerMismatchError ? 'forbidden' : 'upstream_failed',
      cause instanceof OAuthError
        ? `The authorization server gave no token (${wordOf(cause.code)}): press Connect again.`
        : 'The authorization server gave no token: press Connect again.',
      { reason: 'oauth_exchange' },
      { cause },
    );
  });
  const now = clock.now();
  const times = timesOf(tokens, now);
  const grant = await database.inTenant(ctx, async (tx) => {
    await lockAccount(tx, ctx, flow);
    const connection = await connectionOf(tx, connectionId);
    if (!connection.oauth || connection.url !== flow.serverUrl || ownerOf(ctx, connection) !== flow.userId)
      throw new AppError('conflict', 'The connection was changed meanwhile: look at it, and press Connect again.');
    requireMayConnect(ctx, connection); // an admin may have become none since
    const before = await readGrant(tx, flow);
    if (before) await forgetGrant(tx, ctx, before, deps);
    const made = await insertGrant(tx, ctx, {
      id: newId(),
      connectionId,
      userId: flow.userId,
      serverUrl: flow.serverUrl,
      resource: flow.resource,
      server,
      clientRef: flow.clientRef,
      clientId: flow.clientId,
      scopes: (tokens.scope ?? flow.scope ?? '').split(' ').filter(Boolean),
      account: accountIn(tokens.id_token, { issuer: server.issuer, clientId: flow.clientId }),
      connectedBy: flow.startedBy as UserId,
      connectedByName: ctx.principal.name,
      connectedAt: now,
      expiresAt: times.expiresAt,
      refreshAt: times.refreshAt,
      isRefreshable: tokens.refresh_token !== undefined,
    });
    await vault.put(ctx, { ...placeOf(made), name: accessName(made.id), value: tokens.access_token }, tx);
    if (tokens.refresh_token !== undefined)
      await vault.put(ctx, { ...placeOf(made), name: refreshName(made.id), value: tokens.refresh_token }, tx);
    await audit(tx, ctx, {
      action: 'account.connected',
      target: { kind: 'connection', id: connectionId },
      before: before ? auditable(before) : null,
      after: auditable(made),
    });
    return made;
  });
  return { grant };
}

/** Takes the begun sign-in away, so that its state is worth nothing from here on, whatever comes of it. */
async function taken(ctx: Ctx, { state, session }: Returned, { database, vault, clock }: ConnectDeps) {
  const { principal } = ctx;
  if (principal.kind !== 'user') throw stale();
  return database.inTenant(ctx, async (tx) => {
    const by = { stateHash: digest(state), userId: principal.id, sessionHash: digest(session), now: clock.now() };
    const flow = await takeFlow(tx, by);
    const verifier = flow && (await vault.recall(ctx, { id: flow.id, purpose: PURPOSE }, tx));
    if (!flow || !verifier) throw stale();
    await vault.forget([flow.id], tx);
    return { flow, verifier: verifier.toString('utf8') };
  });
}

/** The account without its tokens and ends. In the caller's transaction. */
export async function forgetGrant(
  tx: Tx,
  ctx: Ctx,
  grant: Grant,
  { vault }: Pick<ConnectDeps, 'vault'>,
): Promise<void> {
  await deleteGrant(tx, ctx, grant);
  for (const name of [accessName(grant.id), refreshName(grant.id)])
    await vault.remove(ctx, { ...placeOf(grant), name }, tx);
}

/** All that was connected or begun for a connection that goes or moves, or for a user who leaves. In the caller's transaction. */
export async function forgetAll(
  tx: Tx,
  ctx: Ctx,
  of: { readonly connectionId: string } | { readonly userId: string },
  deps: Pick<ConnectDeps, 'vault' | 'audit'>,
): Promise<number> {
  const grants = await readGrantsOf(tx, of);
  for (const grant of grants) {
    await forgetGrant(tx, ctx, grant, deps);
    await deps.audit(tx, ctx, {
      action: 'account.disconnected',
      target: { kind: 'connection', id: grant.connectionId },
      before: auditable(grant),
      after: null,
    });
  }
  const flows = 'userId' in of ? { startedBy: of.userId } : of;
  await deps.vault.forget(await deleteFlowsOf(tx, flows), tx);
  return grants.length;
}

export const auditable = (grant: Grant): Record<string, unknown> => ({
  account: grant.account,
  of: grant.userId === SHARED ? 'tenant' : grant.userId,
  issuer: grant.server.issuer,
  clientId: grant.clientId,
  scopes: grant.scopes,
  expiresAt: grant.expiresAt,
  renewable: grant.isRefreshable,
});
