import type { Tx } from '@switchyard/database';
import { AppError, type ConnectionId, type Ctx, type UserId } from '@switchyard/kernel';
import { ACCESS_TOKEN, requireAdmin, targetOf, type Connection } from '../catalog/connection.ts';
import { readConnection, readConnections } from '../catalog/connection.store.ts';
import { UpstreamFailure } from '../upstream/failure.ts';
import { raceAbort } from '../upstream/race-abort.ts';
import { secretNames, type Secrets, type UpstreamTarget } from '../upstream/target.ts';
import {
  accessName,
  isOwnSecret,
  ownerOf,
  placeOf,
  refreshName,
  requireMayConnect,
  SHARED,
  statusOf,
  type AccountStatus,
  type Grant,
} from './account.ts';
import { clientDocument, enterClient } from './client.ts';
import { readCurrentClient } from './client.store.ts';
import { auditable, begin, finish, forgetAll, forgetGrant, type BeginInput, type Returned } from './connect.ts';
import { lockAccount, readGrant, readGrantsOf } from './grant.store.ts';
import { createRenewal, needsReconnect, type RenewalDeps } from './renew.ts';
import { revoke } from './revoke.ts';

export interface OwnAccount {
  readonly connection: Connection;
  readonly status: AccountStatus;
}

/** Accounts upstream that people connected by OAuth 2.1: the tenant's, and users' own. Tokens never leave but for a call. */
export interface Accounts {
  /** Where to send the browser. Errors: `forbidden`, `not_found`, `unprocessable`, `conflict`, `upstream_failed`. */
  begin(ctx: Ctx, input: BeginInput): Promise<{ url: string }>;
  /** The browser is back. Errors: `forbidden` unless it is the one that began, `conflict`, `upstream_failed`. */
  finish(ctx: Ctx, returned: Returned): Promise<{ readonly connectionId: ConnectionId; readonly own: boolean }>;
  /** Revokes at the authorization server where that is offered, and forgets in any case. Errors: `not_found`. */
  disconnect(ctx: Ctx, connectionId: string): Promise<{ readonly revoked: boolean }>;
  /** Of the account that the caller's calls use; undefined where there is none to have. */
  status(ctx: Ctx, connection: Connection): Promise<AccountStatus | undefined>;
  /** The connections for which each user connects an own account, with the caller's. */
  own(ctx: Ctx): Promise<OwnAccount[]>;
  /** The client id that an admin entered. Empty: none counts any more. */
  enterClient(ctx: Ctx, input: { connectionId: ConnectionId; clientId: string; clientSecret?: string }): Promise<void>;
  enteredClient(ctx: Ctx, connectionId: ConnectionId): Promise<{ clientId: string; hasSecret: boolean } | undefined>;
  /**
   * `use` gets the way to the server with the caller's own access token and no other, renewed before it ends; and once
   * more when the server refuses it with 401, which is before a tool runs. Errors: UpstreamFailure `not_connected`,
   * `needs_reconnect`, `unauthorized`, or what `use` throws.
   */
  use<T>(ctx: Ctx, connection: Connection, use: (target: UpstreamTarget, secrets: Secrets) => Promise<T>): Promise<T>;
  /** What was connected for a connection that goes or moves, or by a user who leaves; in the caller's transaction. */
  forget(tx: Tx, ctx: Ctx, of: { connectionId: ConnectionId } | { userId: UserId }): Promise<number>;
  /** What Switchyard's client id says when it is looked up; undefined without TLS. */
  clientDocument(): Record<string, unknown> | undefined;
  /** What an authorization server has to allow when an admin registers Switchyard by hand. */
  readonly redirectUrl: string;
}

export function createAccounts(deps: RenewalDeps): Accounts {
  const { database, vault, audit, clock, consoleUrl } = deps;
  const renewal = createRenewal(deps);

  async function found(tx: Tx, id: string): Promise<Connection> {
    const connection = /^[0-9a-f-]{36}$/.test(id) ? await readConnection(tx, id) : undefined;
    if (!connection) throw new AppError('not_found', 'There is no such connection.');
    return connection;
  }

  function notConnected(connection: Connection): UpstreamFailure {
    const what = connection.perUser
      ? `You have not connected your account at "${connection.title}" yet: do so at ${consoleUrl}/#/accounts.`
      : `Nobody has connected an account at "${connection.title}" yet: an admin does so at ${consoleUrl}/#/connections/${connection.id}/show.`;
    return new UpstreamFailure('not_connected', what);
  }

  /** The one account that this caller may use here: for the very URL that it was connected for. */
  async function grantOf(ctx: Ctx, connection: Connection): Promise<Grant> {
    const key = { connectionId: connection.id, userId: ownerOf(ctx, connection) };
    const grant = await database.inTenant(ctx, (tx) => readGrant(tx, key));
    if (!grant || grant.serverUrl !== connection.url) throw notConnected(connection);
    if (grant.status === 'needs_reconnect') throw needsReconnect(grant, consoleUrl);
    return grant;
  }

  /** The renewal goes on for others; this caller waits no longer than they would for the call itself. */
  async function newer(ctx: Ctx, connection: Connection, grant: Grant): Promise<Grant> {
    const late = AbortSignal.timeout(connection.timeoutMs);
    const renewing = renewal.newer(ctx, grant, grant.version);
    return raceAbort(AbortSignal.any([ctx.signal, late]), renewing).catch((error: unknown) => {
      if (ctx.signal.aborted) throw new UpstreamFailure('cancelled', 'The caller gave up.');
      if (late.aborted)
        throw new UpstreamFailure('timeout', 'The access of the account was not renewed in time: try again later.');
      throw error;
    });
  }

  async function fresh(ctx: Ctx, connection: Connection): Promise<Grant> {
    const grant = await grantOf(ctx, connection);
    const now = clock.now();
    const isOver = grant.expiresAt !== null && grant.expiresAt <= now;
    if (grant.refreshAt === null || grant.refreshAt > now || !(grant.isRefreshable || isOver)) return grant;
    return newer(ctx, connection, grant).catch((error: unknown) => {
      const maySkip = error instanceof UpstreamFailure && error.code === 'unreachable' && !isOver;
      if (maySkip) return grant; // it is good for a little while yet
      throw error;
    });
  }

  /** With the token as it stands in the vault at this moment, and with what the connection's other headers ask for. */
  async function withToken<T>(
    ctx: Ctx,
    connection: Connection,
    grant: Grant,
    use: (target: UpstreamTarget, secrets: Secrets) => Promise<T>,
  ): Promise<T> {
    if (grant.serverUrl !== connection.url) throw notConnected(connection); // moved in between: never sent elsewhere
    const access = accessName(grant.id);
    const others = secretNames(connection.headers).filter((name) => !isOwnSecret(name));
    return vault.withSecrets(ctx, { ...placeOf(grant), names: [access, ...others] }, ({ [access]: token, ...rest }) => {
      if (token === undefined) throw notConnected(connection); // disconnected in between
      return use(targetOf(ctx, connection, grant.id), { ...rest, [ACCESS_TOKEN]: token });
    });
  }

  return {
    redirectUrl: deps.own.redirectUrl,
    begin: (ctx, input) => begin(ctx, input, deps),
    async finish(ctx, returned) {
      const { grant } = await finish(ctx, returned, deps);
      return { connectionId: grant.connectionId, own: grant.userId !== SHARED };
    },
    async disconnect(ctx, connectionId) {
      const { connection, grant } = await database.inTenant(ctx, async (tx) => {
        const connection = await found(tx, connectionId);
        requireMayConnect(ctx, connection);
        const key = { connectionId: connection.id, userId: ownerOf(ctx, connection) };
        return { connection, grant: await readGrant(tx, key) };
      });
      if (!grant) throw new AppError('not_found', `No account is connected at "${connection.title}".`);
      const [access, refresh] = [accessName(grant.id), refreshName(grant.id)];
      const revoked = await vault.withSecrets(
        ctx,
        { ...placeOf(grant), names: [access, refresh] },
        ({ [access]: access_token, [refresh]: refresh_token }) =>
          revoke(ctx, grant, { access_token, refresh_token }, deps),
      );
      await database.inTenant(ctx, async (tx) => {
        await lockAccount(tx, ctx, grant);
        const current = await readGrant(tx, grant);
        if (current?.id !== grant.id) return; // connected anew meanwhile: that one stays
        await forgetGrant(tx, ctx, grant, deps);
        await audit(tx, ctx, {
          action: 'account.disconnected',
          target: { kind: 'connection', id: grant.connectionId },
          before: auditable(grant),
          after: { revoked },
        });
      });
      return { revoked };
    },
    async status(ctx, connection) {
      const isNobody = connection.perUser && ctx.principal.kind !== 'user';
      if (!connection.oauth || isNobody) return undefined;
      const key = { connectionId: connection.id, userId: ownerOf(ctx, connection) };
      const grant = await database.inTenant(ctx, (tx) => readGrant(tx, key));
      return statusOf(grant?.serverUrl === connection.url ? grant : undefined, clock.now());
    },
    async own(ctx) {
      const { principal } = ctx;
      if (principal.kind !== 'user') return [];
      return database.inTenant(ctx, async (tx) => {
        const connections = await readConnections(tx);
        const grants = await readGrantsOf(tx, { userId: principal.id });
        return connections
          .filter(({ oauth, perUser, enabled }) => oauth && perUser && enabled)
          .map((connection) => {
            const mine = grants.find(
              ({ connectionId, serverUrl }) => connectionId === connection.id && serverUrl === connection.url,
            );
            return { connection, status: statusOf(mine, clock.now()) };
          });
      });
    },
    async enterClient(ctx, input) {
      requireAdmin(ctx);
      await enterClient(ctx, input, deps);
    },
    async enteredClient(ctx, connectionId) {
      const client = await database.inTenant(ctx, (tx) => readCurrentClient(tx, connectionId));
      return client?.kind === 'entered' ? { clientId: client.clientId, hasSecret: client.hasSecret } : undefined;
    },
    async use(ctx, connection, use) {
      const grant = await fresh(ctx, connection);
      try {
        return await withToken(ctx, connection, grant, use);
      } catch (error) {
        if (!isRefused(error)) throw error;
      }
      const renewed = await newer(ctx, connection, grant);
      try {
        return await withToken(ctx, connection, renewed, use);
      } catch (error) {
        if (!isRefused(error)) throw error;
        throw new UpstreamFailure(
          'unauthorized',
          'The server refuses an access token that was issued just now: connect the account anew, with more rights if it has too few.',
          { cause: error, status: 401 },
        );
      }
    },
    forget: (tx, ctx, of) => forgetAll(tx, ctx, of, deps),
    clientDocument: () => clientDocument(deps.own),
  };
}

const isRefused = (error: unknown): boolean => error instanceof UpstreamFailure && error.status === 401;
