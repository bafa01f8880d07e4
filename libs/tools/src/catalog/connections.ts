import { announce, type Database, type Tx } from '@switchyard/database';
import {
  AppError,
  messageOf,
  systemClock,
  type Clock,
  type ConnectionId,
  type Ctx,
  type UserId,
} from '@switchyard/kernel';
import type { Accounts } from '../accounts/accounts.ts';
import { createReach } from '../accounts/reach.ts';
import type { EgressGuard } from '../upstream/egress.ts';
import { UpstreamFailure } from '../upstream/failure.ts';
import type { UpstreamPool } from '../upstream/pool.ts';
import type { Secrets, UpstreamTarget } from '../upstream/target.ts';
import { admit } from './admission.ts';
import { auditable, count, summary, type AuditConnections, type StepCounts } from './audited.ts';
import type { Catalogues } from './catalogue.ts';
import { ConnectionChange, NewConnection, parse, requireAdmin, type Connection } from './connection.ts';
import {
  changeConnection,
  deleteConnection,
  insertConnection,
  readConnection,
  readConnections,
  saveHealth,
  type ConnectionFields,
} from './connection.store.ts';
import { reconcile } from './reconcile.ts';
import { acceptPending, applySteps, asKnown, readTool, readTools, type ToolRecord } from './tool.store.ts';

/** Plaintext for the length of `use`; the vault's `withSecrets`. */
export type WithSecrets = <T>(
  ctx: Ctx,
  of: { readonly connectionId: ConnectionId; readonly userId?: UserId },
  use: (secrets: Secrets) => Promise<T>,
) => Promise<T>;

export interface ConnectionsOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly pool: UpstreamPool;
  readonly egress: Pick<EgressGuard, 'check'>;
  /** Told at once of a change made here; other nodes hear of it by announcement. */
  readonly catalogues: Pick<Catalogues, 'forget'>;
  readonly withSecrets: WithSecrets;
  /** Of connections that sign in by OAuth; without it those do not work. */
  readonly accounts?: Pick<Accounts, 'use' | 'forget'>;
  readonly audit: AuditConnections;
  /** Presets over stdio that the operator lets tenants choose; none by default. */
  readonly allowedStdioPresets?: readonly string[];
  /** Of a first-party server with a preset: throws, with a message for the admin, when what it works for does not answer. */
  readonly probeBuiltin?: (ctx: Ctx, target: UpstreamTarget) => Promise<unknown>;
  /** Called in the transaction that removes a connection, for what others keep for it: its secrets. */
  readonly onRemove?: (tx: Tx, ctx: Ctx, connectionId: ConnectionId) => Promise<unknown>;
  readonly clock?: Clock;
}

export interface Connections {
  /** Errors: `forbidden`, `unprocessable` with `details.path`, `conflict` when the name is taken. */
  add(ctx: Ctx, input: NewConnection): Promise<Connection>;
  list(ctx: Ctx): Promise<Connection[]>;
  /** Errors: `not_found`. */
  get(ctx: Ctx, id: string): Promise<Connection>;
  /** Errors: `conflict` when `updatedAt` is no longer what was read, `not_found`, `forbidden`, `unprocessable`. */
  update(ctx: Ctx, change: ConnectionChange): Promise<Connection>;
  /** One of a first-party server's open answers; the server reads it anew. Errors: `not_found`, `forbidden`. */
  setSetting(
    ctx: Ctx,
    change: { readonly id: string; readonly name: string; readonly value: string },
  ): Promise<Connection>;
  remove(ctx: Ctx, id: string): Promise<void>;
  /** Connects, lists, pins, and says how it stands. An upstream that fails is an answer (`unreachable`), not an error. */
  check(ctx: Ctx, id: string): Promise<CheckResult>;
  /**
   * Whether the server takes the caller's credentials, and nothing more: it lists, and changes nothing here. Where each
   * user has an own credential, for every user with theirs; elsewhere for admins. What is wrong is an answer, not an error.
   */
  test(ctx: Ctx, id: string): Promise<CredentialTest>;
  /** Every tool of a connection, whatever its status, with what is pending. */
  tools(ctx: Ctx, connectionId: string): Promise<ToolRecord[]>;
  /** Errors: `conflict` when what is pending is not (or no longer) `pendingHash`, `not_found`, `forbidden`. */
  acceptTool(ctx: Ctx, input: { readonly toolId: string; readonly pendingHash: string }): Promise<ToolRecord>;
}

export interface CheckResult extends StepCounts {
  readonly connection: Connection;
}

export interface CredentialTest {
  readonly works: boolean;
  /** In words for whoever tests: what was found, or what to do. */
  readonly message: string;
}

const noSuch = (what: string): AppError => new AppError('not_found', `There is no such ${what}.`);

export function createConnections(options: ConnectionsOptions): Connections {
  const { database, pool, egress, catalogues, audit } = options;
  const reach = createReach(options);
  const clock = options.clock ?? systemClock;
  const uuid = /^[0-9a-f-]{36}$/;

  async function found(tx: Tx, id: string, lock = false): Promise<Connection> {
    const connection = uuid.test(id) ? await readConnection(tx, id, { lock }) : undefined;
    if (!connection) throw noSuch('connection');
    return connection;
  }

  /** What was found out goes with the connection in one transaction; the catalogue hears of it when it commits. */
  async function settle(
    ctx: Ctx,
    id: string,
    write: (tx: Tx, connection: Connection) => Promise<CheckResult>,
  ): Promise<CheckResult> {
    const written = await database.inTenant(ctx, async (tx) => {
      const result = await write(tx, await found(tx, id, true));
      await announce(tx, ctx.tenantId, 'connections', id);
      return result;
    });
    catalogues.forget(ctx.tenantId);
    return written;
  }

  return {
    async add(ctx, input) {
      requireAdmin(ctx);
      const row = await admit(ctx, parse(NewConnection, input), options);
      const added = await database.inTenant(ctx, async (tx) => {
        const created = await insertConnection(tx, ctx, row);
        if (!created)
          throw new AppError('conflict', `There is a connection "${row.name}" already: choose another name.`, {
            path: 'name',
          });
        await audit(tx, ctx, {
          action: 'connection.added',
          target: { kind: 'connection', id: created.id },
          before: null,
          after: auditable(created),
        });
        return created;
      });
      catalogues.forget(ctx.tenantId);
      return added;
    },
    list: (ctx) => database.inTenant(ctx, readConnections),
    get: (ctx, id) => database.inTenant(ctx, (tx) => found(tx, id)),
    async update(ctx, change) {
      requireAdmin(ctx);
      const { id, updatedAt, ...fields } = parse(ConnectionChange, change);
      if (fields.url !== undefined) await egress.check(fields.url);
      const updated = await database.inTenant(ctx, async (tx) => {
        const before = await found(tx, id, true);
        if (before.updatedAt.getTime() !== updatedAt.getTime())
          throw new AppError('conflict', 'Somebody else changed this connection meanwhile: reload it and try again.');
        if (fields.url !== undefined && before.kind !== 'http')
          throw new AppError('unprocessable', 'Only a connection over HTTP has a URL.', { path: 'url' });
        const http = [fields.oauth, fields.oauthScopes, fields.perUser];
        if (before.kind !== 'http' && http.some((field) => field !== undefined))
          throw new AppError('unprocessable', 'Only a connection over HTTP signs in by OAuth.', { path: 'oauth' });
        const after = await changeConnection(tx, ctx, id, defined(fields));
        const moved = after.url !== before.url || after.oauth !== before.oauth || after.perUser !== before.perUser;
        if (moved) await options.accounts?.forget(tx, ctx, { connectionId: after.id }); // was for what it was before
        await audit(tx, ctx, {
          action: 'connection.changed',
          target: { kind: 'connection', id },
          before: auditable(before),
          after: auditable(after),
        });
        return after;
      });
      catalogues.forget(ctx.tenantId);
      await pool.drop(ctx.tenantId, id);
      return updated;
    },
    async setSetting(ctx, { id, name, value }) {
      requireAdmin(ctx);
      const changed = await database.inTenant(ctx, async (tx) => {
        const before = await found(tx, id, true);
        if (before.kind !== 'builtin')
          throw new AppError('unprocessable', 'Only a server of our own has settings.', { path: name });
        const after = await changeConnection(tx, ctx, id, { settings: { ...before.settings, [name]: value } });
        const target = { kind: 'connection', id } as const;
        await audit(tx, ctx, {
          action: 'connection.changed',
          target,
          before: auditable(before),
          after: auditable(after),
        });
        return after;
      });
      catalogues.forget(ctx.tenantId);
      await pool.drop(ctx.tenantId, id);
      return changed;
    },
    async remove(ctx, id) {
      requireAdmin(ctx);
      await database.inTenant(ctx, async (tx) => {
        const before = await found(tx, id, true);
        await options.accounts?.forget(tx, ctx, { connectionId: before.id });
        await options.onRemove?.(tx, ctx, before.id);
        await deleteConnection(tx, ctx, id);
        await audit(tx, ctx, {
          action: 'connection.removed',
          target: { kind: 'connection', id },
          before: auditable(before),
          after: null,
        });
      });
      catalogues.forget(ctx.tenantId);
      await pool.forget(ctx.tenantId, id);
    },
    async check(ctx, id) {
      requireAdmin(ctx);
      const connection = await database.inTenant(ctx, (tx) => found(tx, id));
      const checkedAt = clock.now();
      let answer;
      let problem: string | undefined;
      try {
        // A first start may download the program: it gets a minute at least.
        const limits = { signal: ctx.signal, timeoutMs: Math.max(60_000, connection.timeoutMs) };
        answer = await reach(ctx, connection, async (target, secrets) => {
          const found = await pool.use(target, secrets, limits, async (session, use) => ({
            facts: session.facts,
            listing: await session.listTools(use),
          }));
          // Its tools are ours and always there; whether they are of use, only the shop behind them can tell.
          if (target.kind === 'builtin' && target.preset !== null)
            problem = await answers(options.probeBuiltin?.(ctx, target));
          return found;
        });
      } catch (error) {
        if (!(error instanceof UpstreamFailure) && !(error instanceof AppError)) throw error;
        if (error instanceof UpstreamFailure && error.code === 'cancelled') throw error;
        // That one person has connected no account says nothing of a server at which each has an own.
        if (connection.oauth && connection.perUser && isAccountMissing(error)) throw asRefusal(error);
        const healthDetail = messageOf(error);
        return settle(ctx, id, async (tx, current) => ({
          connection: await saveHealth(tx, current, { health: 'unreachable', healthDetail, checkedAt }),
          ...count([]),
        }));
      }
      const { facts, listing } = answer;
      return settle(ctx, id, async (tx, current) => {
        const existing = await readTools(tx, { connectionId: id });
        const steps = reconcile(existing.map(asKnown), listing.tools);
        await applySteps(tx, ctx, current, steps, existing);
        const after = count(steps);
        const invalid = listing.tools.filter((tool) => tool.problem !== undefined).length;
        const problems = [
          ...(problem === undefined ? [] : [problem]),
          ...listing.problems,
          ...(invalid > 0 ? [`${invalid} of its tools cannot be used.`] : []),
        ];
        const health =
          problem !== undefined
            ? ('unreachable' as const)
            : problems.length > 0
              ? ('degraded' as const)
              : ('ready' as const);
        const healthDetail = problems.length > 0 ? problems.join(' ') : null;
        if (steps.length > 0)
          await audit(tx, ctx, {
            action: 'connection.tools_changed',
            target: { kind: 'connection', id },
            before: null,
            after: summary(steps, existing),
          });
        return {
          connection: await saveHealth(tx, current, { ...facts, health, healthDetail, checkedAt }),
          ...after,
          invalid,
        };
      });
    },
    async test(ctx, id) {
      const connection = await database.inTenant(ctx, (tx) => found(tx, id));
      if (!connection.perUser) requireAdmin(ctx);
      try {
        const limits = { signal: ctx.signal, timeoutMs: Math.max(60_000, connection.timeoutMs) };
        const { tools } = await reach(ctx, connection, (target, secrets) =>
          pool.use(target, secrets, limits, (session, use) => session.listTools(use)),
        );
        return { works: true, message: `The server takes it, and offers ${tools.length} tools.` };
      } catch (error) {
        if (error instanceof UpstreamFailure && error.code === 'cancelled') throw error;
        if (error instanceof UpstreamFailure || error instanceof AppError)
          return { works: false, message: messageOf(error) };
        throw error;
      }
    },
    tools: (ctx, connectionId) =>
      database.inTenant(ctx, async (tx) => readTools(tx, { connectionId: (await found(tx, connectionId)).id })),
    async acceptTool(ctx, { toolId, pendingHash }) {
      requireAdmin(ctx);
      const accepted = await database.inTenant(ctx, async (tx) => {
        const seen = uuid.test(toolId) ? await readTool(tx, toolId) : undefined;
        if (!seen) throw noSuch('tool');
        await found(tx, seen.connectionId, true);
        const before = await readTool(tx, toolId); // again, now that nothing else can change it
        if (!before) throw noSuch('tool');
        if (before.pendingHash === null || before.pendingHash !== pendingHash)
          throw new AppError('conflict', 'This is not the definition that is waiting: look at the tool again.');
        await acceptPending(tx, before, await readTools(tx, { connectionId: before.connectionId }));
        const after = await readTool(tx, toolId);
        if (!after) throw noSuch('tool');
        await audit(tx, ctx, {
          action: 'tool.accepted',
          target: { kind: 'tool', id: toolId },
          before: {
            server: before.server,
            tool: before.name,
            definitionHash: before.definitionHash,
            description: before.description,
          },
          after: {
            server: after.server,
            tool: after.name,
            definitionHash: after.definitionHash,
            description: after.description,
          },
        });
        await announce(tx, ctx.tenantId, 'connections', before.connectionId);
        return after;
      });
      catalogues.forget(ctx.tenantId);
      return accepted;
    },
  };
}

const isAccountMissing = (error: unknown): error is UpstreamFailure =>
  error instanceof UpstreamFailure && (error.code === 'not_connected' || error.code === 'needs_reconnect');

const asRefusal = (failure: UpstreamFailure): AppError =>
  new AppError('unprocessable', failure.message, { reason: failure.code }, { cause: failure });

/** What was wrong, in words for the admin. */
const answers = (probe: Promise<unknown> | undefined): Promise<string | undefined> =>
  Promise.resolve(probe).then(() => undefined, messageOf);

const defined = (fields: { [Key in keyof ConnectionFields]: ConnectionFields[Key] | undefined }): ConnectionFields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
