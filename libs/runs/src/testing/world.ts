import { randomBytes } from 'node:crypto';
import { LocalExecutor, type Executor } from '@switchyard/execution';
import {
  newId,
  type Clock,
  type ConnectionId,
  type Ctx,
  type Json,
  type KeyId,
  type Principal,
  type ToolId,
  type UserId,
} from '@switchyard/kernel';
import { createLedger, openNodeLease, type Ledger, type AlertSenders } from '@switchyard/ledger';
import type { Decision } from '@switchyard/policy';
import type { Database } from '@switchyard/database';
import { createApprovals, type Approvals, type Gateway, type ToolDescriptor } from '@switchyard/tools';
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

type Tool = (args: Readonly<Record<string, Json>>, ctx: Ctx) => Json | Promise<Json>;

/** A decision that asks for an approval, with as little else as a record needs. */
const obliging = (server: string, tool: string, approval: Decision['obligations']['approval']): Decision =>
  ({
    id: newId(),
    at: new Date(),
    effect: 'allow',
    enforced: true,
    allowed: true,
    reasons: [{ code: 'granted', message: 'granted' }],
    grants: [],
    rules: ['r'],
    obligations: { maskFields: [], rowCap: null, callCap: null, approval },
    revision: 1,
    mode: 'enforce',
    durationUs: 1,
    input: { server, tool },
  }) as unknown as Decision;

export interface World {
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly runs: Runs;
  graceMs: number;
  readonly skills: Skills;
  readonly review: Review;
  readonly workspace: Workspace;
  readonly results: Results;
  /** Upstream tools, as `server.tool`; whose caller may use which is `allowed`'s to say. */
  readonly tools: Map<string, Tool>;
  /** Addresses that were called. */
  readonly called: string[];
  allowed: (ctx: Ctx, address: string) => boolean;
  readonly approvals: Approvals;
  /** Which calls a rule wants approved. */
  wanted: (address: string, args: Readonly<Record<string, Json>>) => { persons: number; minutes: number } | undefined;
  /** The same runs as another process would have them, on the same database; it stops as one that is killed. */
  another(): Promise<{
    readonly runs: Runs;
    /** It does nothing more and can tell nobody: killed, or cut off. */
    cutOff(): Promise<void>;
    kill(): Promise<void>;
  }>;
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
    async call(ctx, { server, tool }, args, facts) {
      const address = `${server}.${tool}`;
      const found = world.allowed(ctx, address) ? tools.get(address) : undefined;
      if (!found) return { status: 'not_found', error: { code: 'not_found', message: `no ${address}` }, durationMs: 1 };
      const wanted = world.wanted(address, args);
      if (wanted) {
        const approval = { ...wanted, reasons: ['because'] };
        const of = { tool: descriptor(address), args, wanted: approval, approvalId: facts?.approvalId };
        const leave = await approvals.admit(ctx, of);
        const known = { tool: of.tool, decision: obliging(server, tool, approval), durationMs: 1 };
        if (leave.kind === 'needed')
          return { ...known, status: 'approval_needed', error: { code: 'approval_needed', message: 'needed' } };
        if (leave.kind === 'refused') return { ...known, status: 'denied', error: leave };
      }
      called.push(address);
      const value = await found(args, ctx);
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
  const approvals = createApprovals({
    database,
    clock,
    audit: (tx, ctx, event) => ledger.appendAudit(tx, ctx, event),
    mask: (args) => args as Json,
    sealed: vault,
  });
  /** A process with a lease, an executor and a control plane of its own. */
  const runsOf = (parts: {
    executor: Executor;
    ledger: Ledger;
    stopping: AbortSignal;
    approvals?: Approvals;
  }): Runs => {
    const made: Runs = createRuns({
      executor: parts.executor,
      gateway,
      ledger: parts.ledger,
      waiting: {
        approvals: parts.approvals ?? approvals,
        ledger: parts.ledger,
        results,
        store,
        graceMs: world.graceMs,
        stopping: parts.stopping,
        principalOf: async (_tenantId, { principalKind, principalId, principalName }) =>
          ({ kind: principalKind, id: principalId, name: principalName, role: 'admin', scopes: ['runs'] }) as Principal,
        letGo: (tenantId, runId) => void made.resume(tenantId, runId),
      },
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
    return made;
  };
  const world: World = {
    ledger,
    vault,
    approvals,
    wanted: () => undefined,
    graceMs: 60_000,
    async another() {
      const itsLease = await openNodeLease(database);
      const itsExecutor = await LocalExecutor.start({ pool: { size: 2 } });
      const stopping = new AbortController();
      const its = createLedger({ database, clock, nodeId: itsLease.nodeId, senders: NO_SENDERS });
      let isCutOff = false;
      const decided: Approvals['decided'] = async (...asked) => {
        const found = await approvals.decided(...asked);
        return isCutOff ? new Promise(() => undefined) : found;
      };
      return {
        runs: runsOf({
          executor: itsExecutor,
          ledger: its,
          stopping: stopping.signal,
          approvals: { ...approvals, decided },
        }),
        async cutOff() {
          isCutOff = true;
          await itsLease.close();
        },
        async kill() {
          await itsLease.close();
          await itsExecutor.close();
        },
      };
    },
    get runs() {
      return runs;
    },
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
  const runs = runsOf({ executor, ledger, stopping: new AbortController().signal });
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
