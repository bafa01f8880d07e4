import { randomBytes } from 'node:crypto';
import { LocalExecutor } from '@switchyard/execution';
import type { Clock, ConnectionId, Ctx, Json, KeyId, ToolId, UserId } from '@switchyard/kernel';
import { createLedger, openNodeLease, type Ledger, type AlertSenders } from '@switchyard/ledger';
import type { Decision } from '@switchyard/policy';
import type { Database } from '@switchyard/database';
import type { Gateway, ToolDescriptor } from '@switchyard/tools';
import { createVault, parseKeys, type Vault } from '@switchyard/vault';
import { createResults, type Results } from '../keep/results.ts';
import { createRecordings } from '../replay/recording.ts';
import { createReview, type Review } from '../review/review.ts';
import { createRuns, type Runs } from '../runs.ts';
import { createSkills, type Skills } from '../skills/skills.ts';
import type { WorkspaceQuotas } from '../workspace/workspace.store.ts';
import { createWorkspace, type Workspace } from '../workspace/workspace.ts';

/** Nothing is sent here. */
const NO_SENDERS: AlertSenders = {
  fetch: () => Promise.reject(new Error('nothing is sent here')),
  withSecrets: () => Promise.reject(new Error('there are no secrets here')),
  mailer: undefined,
  checkUrl: async () => undefined,
  putSecret: async () => undefined,
};

type Tool = (args: Readonly<Record<string, Json>>, ctx: Ctx) => Json;

export interface World {
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly runs: Runs;
  readonly skills: Skills;
  readonly review: Review;
  readonly workspace: Workspace;
  readonly results: Results;
  /** Upstream tools, as `server.tool`; whose caller may use which is `allowed`'s to say. */
  readonly tools: Map<string, Tool>;
  /** Addresses that were called. */
  readonly called: string[];
  allowed: (ctx: Ctx, address: string) => boolean;
  now: Date;
  end(): Promise<void>;
}

const descriptor = (address: string): ToolDescriptor => {
  const [server = '', name = ''] = address.split('.');
  return {
    id: address as ToolId,
    connectionId: server as ConnectionId,
    server,
    name,
    upstreamName: name,
    path: `servers/${server}/${name}.ts`,
    description: `${name} of ${server}`,
    category: server,
    inputSchema: { type: 'object' },
    annotations: {},
    definitionHash: address,
    declaration: `export declare function ${name}(input?: Record<string, unknown>): Promise<unknown>;`,
  };
};

/** Real PostgreSQL, real vault and ledger, real Deno; only the tools are the test's own functions. */
export async function openWorld(database: Database, quotas?: WorkspaceQuotas): Promise<World> {
  const lease = await openNodeLease(database);
  const tools = new Map<string, Tool>();
  const called: string[] = [];
  const lists = new Map<string, readonly ToolDescriptor[]>();
  const clock: Clock = { now: () => world.now };
  const gateway: Gateway<Decision> = {
    async toolsFor(ctx) {
      const visible = [...tools.keys()].filter((address) => world.allowed(ctx, address));
      const key = visible.join();
      const list = lists.get(key) ?? visible.map(descriptor);
      lists.set(key, list);
      return list;
    },
    async call(ctx, { server, tool }, args) {
      const address = `${server}.${tool}`;
      const found = world.allowed(ctx, address) ? tools.get(address) : undefined;
      if (!found) return { status: 'not_found', error: { code: 'not_found', message: `no ${address}` }, durationMs: 1 };
      called.push(address);
      const value = found(args, ctx);
      return { status: 'ok', value, bytes: JSON.stringify(value).length, flags: [], durationMs: 1 };
    },
  };
  const executor = await LocalExecutor.start({ pool: { size: 2 } });
  const ledger = createLedger({ database, clock, nodeId: lease.nodeId, senders: NO_SENDERS });
  const { appendAudit, getRun } = ledger;
  const keys = parseKeys(randomBytes(32).toString('base64'), 'the test');
  const vault = createVault({ database, keys, record: async () => undefined, clock });
  const store = { database, sealed: vault, clock };
  const review = createReview({ database, ledger, clock });
  const skills = createSkills({
    database,
    gateway,
    getRun,
    appendAudit,
    clock,
    blocked: (ctx, all) => review.blocks.blockedSkills(ctx, all),
  });
  const workspace = createWorkspace({ ...store, appendAudit, ...(quotas ? { quotas } : {}) });
  const results = createResults({ ...store, getRun });
  const recordings = createRecordings({
    ...store,
    keptMs: 3_600_000,
    warn: (message) => {
      throw new Error(message);
    },
  });
  const runs = createRuns({
    executor,
    gateway,
    ledger,
    skills,
    workspace,
    results,
    recordings,
    review,
    warn: (message) => {
      throw new Error(message);
    },
    policyRevision: async () => 1,
    validation: 'enforce',
    clock,
  });
  const world: World = {
    ledger,
    vault,
    runs,
    skills,
    review,
    workspace,
    results,
    tools,
    called,
    allowed: () => true,
    now: new Date(),
    async end() {
      await executor.close();
      await recordings.settled();
      skills.close();
      review.close();
      await lease.close();
    },
  };
  return world;
}

export const asKey = (ctx: Ctx, id: string): Ctx => ({
  ...ctx,
  principal: { kind: 'key', id: id as KeyId, name: `key ${id}`, scopes: ['runs'] },
});
export const asPerson = (ctx: Ctx, id = 'a-person'): Ctx => ({
  ...ctx,
  principal: { kind: 'user', id: id as UserId, name: `${id}@example.com`, role: 'reviewer' },
});
