import { newId, type Clock, type Ctx, type DecisionId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import {
  addressOf,
  type Decision,
  type PolicyInput,
  type PolicyMode,
  type Question,
  type ToolRef,
} from './decision.ts';
import { listDecisions, type DecisionPage, type DecisionQuery } from './decisions.store.ts';
import { compilePolicy } from './engine.ts';
import { changeGrants, changeMode, readGrants, readState } from './grants.store.ts';
import {
  parseChanges,
  requirePolicyAdmin,
  type AuditPolicy,
  type Grant,
  type GrantChange,
  type PolicyState,
} from './grants.ts';
import { subjectsOf } from './subjects.ts';
import { TenantPolicies, type TenantPolicy } from './tenants.ts';

/** Larger or deeper arguments are not shown to the rules: an instance's memory never shrinks, and its parser recurses. */
const MAX_ARGUMENT_CHARS = 256 * 1024;
const MAX_ARGUMENT_DEPTH = 64;
const MAX_VISIBLE_SETS = 200;

export interface PolicyOptions {
  readonly database: Pick<Database, 'inTenant' | 'onChange'>;
  /** policies/policy.wasm */
  readonly wasm: Uint8Array;
  readonly clock: Clock;
  /** Writes the audit event of a change, in its transaction. */
  readonly audit: AuditPolicy;
  readonly maxTenants?: number;
  /** How long a change may go unheard at worst, should its announcement be lost. */
  readonly freshForMs?: number;
}

/** The one decision point: discovery, calls and pre-checks of every surface ask it. */
export interface Policy {
  /** In memory, microseconds, once the tenant's grants are loaded. Never throws for a denial; throwing means no decision, so no call. */
  decide(ctx: Ctx, question: Question): Promise<Decision>;
  /**
   * The addresses (`server.tool`) of those tools that the caller may discover. `catalogueKey` names this list of tools,
   * and must change when the list does: answers are kept under it.
   */
  visible(ctx: Ctx, tools: readonly ToolRef[], catalogueKey: string): Promise<ReadonlySet<string>>;
  state(ctx: Ctx): Promise<PolicyState>;
  /** The revision that decisions are made on here and now: from memory. */
  revision(ctx: Ctx): Promise<number>;
  listGrants(ctx: Ctx): Promise<Grant[]>;
  /**
   * All changes or none. Throws AppError `conflict` when `expectedRevision` is no longer the revision, `unprocessable`
   * with the path of a bad change, `forbidden`. In force here when it returns, on other nodes when they hear of it.
   */
  setGrants(ctx: Ctx, input: { changes: readonly GrantChange[]; expectedRevision?: number }): Promise<PolicyState>;
  setMode(ctx: Ctx, mode: PolicyMode): Promise<PolicyState>;
  listDecisions(ctx: Ctx, query?: DecisionQuery): Promise<DecisionPage>;
  close(): void;
}

export async function createPolicy(options: PolicyOptions): Promise<Policy> {
  const { database, clock, audit } = options;
  const tenants = new TenantPolicies({
    database,
    clock,
    module: await compilePolicy(options.wasm),
    maxTenants: options.maxTenants ?? 200,
    freshForMs: options.freshForMs ?? 10_000,
  });
  const stop = database.onChange(({ topic, tenantId, id }) => {
    if (topic === 'grants') tenants.forget(tenantId, Number(id));
    if (topic === 'all') tenants.forget(undefined);
  });
  const loaded = async (ctx: Ctx): Promise<TenantPolicy> => tenants.peek(ctx.tenantId) ?? (await tenants.get(ctx));

  return {
    decide: async (ctx, question) =>
      decideNow(tenants.peek(ctx.tenantId) ?? (await tenants.get(ctx)), ctx, question, clock),
    visible: async (ctx, tools, catalogueKey) => visibleNow(await loaded(ctx), ctx, { tools, catalogueKey, clock }),
    state: (ctx) => database.inTenant(ctx, readState),
    revision: async (ctx) => (await loaded(ctx)).revision,
    listGrants: (ctx) => database.inTenant(ctx, readGrants),
    async setGrants(ctx, input) {
      requirePolicyAdmin(ctx);
      const changes = parseChanges(input.changes);
      const change = { changes, expectedRevision: input.expectedRevision, audit };
      const state = await database.inTenant(ctx, (tx) => changeGrants(tx, ctx, change));
      tenants.forget(ctx.tenantId);
      return state;
    },
    async setMode(ctx, mode) {
      requirePolicyAdmin(ctx);
      const state = await database.inTenant(ctx, (tx) => changeMode(tx, ctx, mode, audit));
      tenants.forget(ctx.tenantId);
      return state;
    },
    listDecisions: (ctx, query) => listDecisions(database, ctx, query),
    close: () => void stop(),
  };
}

const callerOf = ({
  tenantId,
  principal,
  surface,
}: Ctx): Pick<PolicyInput, 'tenant' | 'principal' | 'subjects' | 'surface'> => ({
  tenant: tenantId,
  principal: {
    kind: principal.kind,
    id: principal.id,
    name: principal.name,
    ...(principal.kind === 'user' ? { role: principal.role } : {}),
  },
  subjects: subjectsOf(principal),
  surface,
});

const deeperThan = (value: unknown, levels: number): boolean =>
  value !== null &&
  typeof value === 'object' &&
  (levels === 0 || Object.values(value).some((inner) => deeperThan(inner, levels - 1)));

function shownArguments(args: unknown): Pick<PolicyInput, 'arguments' | 'argumentsOmitted'> {
  if (args === undefined) return {};
  if (deeperThan(args, MAX_ARGUMENT_DEPTH) || JSON.stringify(args).length > MAX_ARGUMENT_CHARS)
    return { argumentsOmitted: true };
  return { arguments: args };
}

function decideNow(policy: TenantPolicy, ctx: Ctx, question: Question, clock: Clock): Decision {
  const started = performance.now();
  const at = clock.now();
  const input: PolicyInput = {
    ...callerOf(ctx),
    ...shownArguments(question.args),
    server: question.server,
    tool: question.tool,
    annotations: question.annotations ?? {},
    arm: question.arm ?? 'code',
    purpose: question.purpose,
    time: at.toISOString(),
  };
  const verdict = policy.engine.decide(input);
  const enforced = policy.mode === 'enforce';
  return {
    ...verdict,
    id: newId<DecisionId>(at.getTime()),
    at,
    enforced,
    allowed: verdict.effect === 'allow' || !enforced,
    revision: policy.revision,
    mode: policy.mode,
    durationUs: Math.round((performance.now() - started) * 1_000),
    input,
  };
}

interface VisibleQuestion {
  readonly tools: readonly ToolRef[];
  readonly catalogueKey: string;
  readonly clock: Clock;
}

function visibleNow(
  policy: TenantPolicy,
  ctx: Ctx,
  { tools, catalogueKey, clock }: VisibleQuestion,
): ReadonlySet<string> {
  const caller = callerOf(ctx);
  const key = JSON.stringify([caller.subjects, caller.surface, catalogueKey]);
  const known = policy.visible.get(key);
  if (known) return known;
  const allowed =
    policy.mode === 'dry_run'
      ? tools
      : policy.engine
          .visible(
            { ...caller, annotations: {}, arm: 'code', purpose: 'discover', time: clock.now().toISOString() },
            refs(tools),
          )
          .flatMap((position) => tools[position] ?? []);
  const found = new Set(allowed.map(addressOf));
  if (policy.visible.size >= MAX_VISIBLE_SETS) policy.visible.clear();
  policy.visible.set(key, found);
  return found;
}

/** Nothing of a catalogue's entries but what the rules read: schemas are large. */
const refs = (tools: readonly ToolRef[]): ToolRef[] => tools.map(({ server, tool }) => ({ server, tool }));
