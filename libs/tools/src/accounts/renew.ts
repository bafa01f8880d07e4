import { setTimeout as sleep } from 'node:timers/promises';
import { OAuthError, refreshAuthorization, type OAuthTokens } from '@modelcontextprotocol/client';
import type { Tx } from '@switchyard/database';
import { AppError, newId, systemCtx, type Ctx } from '@switchyard/kernel';
import { readConnection, saveHealth } from '../catalog/connection.store.ts';
import { UpstreamFailure } from '../upstream/failure.ts';
import { accessName, placeOf, refreshName, SHARED, type Grant } from './account.ts';
import { credentialsOf } from './client-secret.ts';
import { auditable, type ConnectDeps } from './connect.ts';
import { advance, dropLease, giveUp, readGrant, takeLease } from './grant.store.ts';
import { outbound } from './outbound.ts';
import { revoke } from './revoke.ts';
import { timesOf, wordOf } from './token-answer.ts';

/** Longer than one request to an authorization server may take (15 s), so that a lease ends only with its holder. */
const LEASE_SECONDS = 40;
const GIVE_UP_MS = 60_000;
const LOOK_AGAIN_MS = 60;

/** The server knows this grant, or us, no more: nothing but a person helps. */
const FINAL = ['invalid_grant', 'invalid_client', 'unauthorized_client'];

export interface Renewal {
  /**
   * The account with a newer access token than that of version `seen`, whoever asked for it. Errors: UpstreamFailure
   * `needs_reconnect`, `not_connected`, `unreachable` where the authorization server does not answer.
   */
  newer(ctx: Ctx, grant: Grant, seen: number): Promise<Grant>;
  /** From now on a person is needed; unless it was renewed since it was read. */
  end(ctx: Pick<Ctx, 'tenantId'>, grant: Grant, problem: string): Promise<void>;
}

export interface RenewalDeps extends ConnectDeps {
  /** Where people connect accounts: of their own, and of the tenant's. */
  readonly consoleUrl: string;
}

export function needsReconnect(grant: Grant, consoleUrl: string): UpstreamFailure {
  const [who, where] =
    grant.userId === SHARED
      ? ['An admin', `${consoleUrl}/#/connections/${grant.connectionId}/show`]
      : ['Its owner', `${consoleUrl}/#/accounts`];
  const why = grant.problem ?? 'Its access has ended.';
  return new UpstreamFailure(
    'needs_reconnect',
    `The account has to be connected anew. ${why} ${who} does so at ${where}.`,
  );
}

export function createRenewal(deps: RenewalDeps): Renewal {
  const { database, egress, vault, audit, clock, consoleUrl } = deps;
  const running = new Map<string, Promise<Grant>>();

  async function end(ctx: Pick<Ctx, 'tenantId'>, grant: Grant, problem: string): Promise<void> {
    const own = systemCtx(ctx.tenantId, 'accounts');
    await database.inTenant(own, async (tx) => {
      if (!(await giveUp(tx, own, grant, problem))) return;
      if (grant.userId === SHARED) await showUnreachable(tx, grant, problem);
      for (const name of [accessName(grant.id), refreshName(grant.id)])
        await vault.remove(own, { ...placeOf(grant), name }, tx);
      await audit(tx, own, {
        action: 'account.needs_reconnect',
        target: { kind: 'connection', id: grant.connectionId },
        before: auditable(grant),
        after: { problem },
      });
    });
  }

  /** The tenant's account is everybody's: that it is missing shows where connections are listed. */
  async function showUnreachable(tx: Tx, grant: Grant, problem: string): Promise<void> {
    const connection = await readConnection(tx, grant.connectionId, { lock: true });
    const healthDetail = `Its account has to be connected anew. ${problem}`;
    if (connection) await saveHealth(tx, connection, { health: 'unreachable', healthDetail, checkedAt: clock.now() });
  }

  /** No transaction is open while the authorization server is asked; the lease keeps everybody else from asking. */
  async function ask(ctx: Ctx, grant: Grant): Promise<OAuthTokens> {
    const credentials = await credentialsOf(ctx, grant, deps);
    const name = refreshName(grant.id);
    return vault.withSecrets(ctx, { ...placeOf(grant), names: [name] }, async ({ [name]: refreshToken }) => {
      if (refreshToken === undefined) throw new AppError('unavailable', 'The refresh token is not in the vault.');
      return refreshAuthorization(grant.server.issuer, {
        metadata: grant.server,
        clientInformation: credentials,
        refreshToken,
        ...(grant.resource === null ? {} : { resource: grant.resource }),
        fetchFn: outbound(egress, ctx.signal),
      });
    });
  }

  async function store(ctx: Ctx, grant: Grant, tokens: OAuthTokens): Promise<boolean> {
    const refreshedAt = clock.now();
    return database.inTenant(ctx, async (tx) => {
      const isRefreshable = tokens.refresh_token !== undefined;
      const scopes = tokens.scope === undefined ? {} : { scopes: tokens.scope.split(' ').filter(Boolean) };
      const next = { ...timesOf(tokens, refreshedAt), isRefreshable, refreshedAt, ...scopes };
      if (!(await advance(tx, grant, next))) return false;
      await vault.put(ctx, { ...placeOf(grant), name: accessName(grant.id), value: tokens.access_token }, tx);
      if (tokens.refresh_token !== undefined)
        await vault.put(ctx, { ...placeOf(grant), name: refreshName(grant.id), value: tokens.refresh_token }, tx);
      return true;
    });
  }

  /** Undefined when somebody else is at it. */
  async function tryRenew(ctx: Ctx, grant: Grant): Promise<'stored' | 'busy'> {
    const lease = { id: newId(), seconds: LEASE_SECONDS };
    if (!(await database.inTenant(ctx, (tx) => takeLease(tx, grant, lease)))) return 'busy';
    let tokens: OAuthTokens;
    try {
      tokens = await ask(ctx, grant);
    } catch (cause) {
      if (cause instanceof OAuthError && FINAL.includes(cause.code)) {
        await end(ctx, grant, `Its authorization server refused to renew it (${wordOf(cause.code)}).`);
        return 'busy'; // what it has become is read next
      }
      await database.inTenant(ctx, (tx) => dropLease(tx, grant.id, lease.id));
      if (cause instanceof AppError) throw cause;
      throw new UpstreamFailure(
        'unreachable',
        'The authorization server of the account does not answer as it should: try again later.',
        { cause },
      );
    }
    if (await store(ctx, grant, tokens)) return 'stored';
    // Given up, or connected anew, while we asked: nobody will ever use these.
    const current = await database.inTenant(ctx, (tx) => readGrant(tx, grant));
    if (current?.id !== grant.id) await revoke(ctx, grant, tokens, deps);
    return 'busy';
  }

  async function untilNewer(ctx: Ctx, grant: Grant, seen: number): Promise<Grant> {
    for (const limit = performance.now() + GIVE_UP_MS; performance.now() < limit; await sleep(LOOK_AGAIN_MS)) {
      const current = await database.inTenant(ctx, (tx) => readGrant(tx, grant));
      if (!current) throw new UpstreamFailure('not_connected', 'The account was disconnected meanwhile.');
      if (current.status === 'needs_reconnect') throw needsReconnect(current, consoleUrl);
      if (current.id !== grant.id || current.version > seen) return current;
      if (!current.isRefreshable)
        await end(ctx, current, 'Its access has ended, and the server gave no way to renew it.');
      else await tryRenew(ctx, current);
    }
    throw new UpstreamFailure('timeout', 'The access of the account could not be renewed in time: try again later.');
  }

  return {
    end,
    newer(ctx, grant, seen) {
      const key = `${grant.id}/${seen}`;
      const known = running.get(key);
      if (known) return known;
      // On nobody's signal and in nobody's name: many calls wait for it, and whoever came first may give up.
      const renewing = untilNewer(systemCtx(ctx.tenantId, 'accounts'), grant, seen).finally(() => running.delete(key));
      running.set(key, renewing);
      return renewing;
    },
  };
}
