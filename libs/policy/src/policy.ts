import { newId, type Clock, type Ctx, type DecisionId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import {
  addressOf,
  type Decision,
  type MatchedGrant,
  type PolicyInput,
  type PolicyMode,
  type Question,
  type ToolRef,
  type Verdict,
} from './decision.ts';
import { listDecisions, type DecisionPage, type DecisionQuery } from './decisions.store.ts';
import { openDraft, type OpenDraft, type PolicyDraft } from './drafts.ts';
import { asInput, compilePolicy } from './engine.ts';
import { changeGrants, changeMode, readGrants, rollBackGrants } from './grants.store.ts';
import {
  parseChanges,
  parseComment,
  requirePolicyAdmin,
  type AuditPolicy,
  type Grant,
  type GrantChange,
  type PolicyState,
} from './grants.ts';
import { restrict } from './modules/answer.ts';
import type { ModuleCompilerOptions } from './modules/compile.ts';
import { createOwnRules, type OwnRules } from './modules/own-rules.ts';
import { DECISION_MS, RunningModules } from './modules/running.ts';
import { replayPart, type ReplayPart, type ReplayQuery } from './replay.ts';
import { parseRule, type Rule, type RuleInput, type RuleTerms } from './rules.ts';
import { readRules, removeRule, saveRule } from './rules.store.ts';
import { simulatedInput, type Simulation } from './simulate.ts';
import { readState } from './state.store.ts';
import { subjectsOf } from './subjects.ts';
import { TenantPolicies, type TenantPolicy } from './tenants.ts';
import { listVersions, versionGrants, type PolicyVersion } from './versions.store.ts';

/** Larger or deeper arguments are not shown to the rules: an instance's memory never shrinks, and its parser recurses. */
const MAX_ARGUMENT_CHARS = 256 * 1024;
const MAX_ARGUMENT_DEPTH = 64;
const MAX_VISIBLE_SETS = 200;
/** Tenants whose own rules stay loaded, a thread of about 6 MB each. */
const MAX_MODULE_THREADS = 32;

export interface PolicyOptions {
  readonly database: Pick<Database, 'inTenant' | 'onChange'>;
  /** policies/policy.wasm */
  readonly wasm: Uint8Array;
  readonly clock: Clock;
  /** Writes the audit event of a change, in its transaction. */
  readonly audit: AuditPolicy;
  /** Compiles tenants' own rules; absent where nobody uploads any. What is in force is evaluated either way. */
  readonly compile?: ModuleCompilerOptions;
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
  setGrants(
    ctx: Ctx,
    input: { changes: readonly GrantChange[]; expectedRevision?: number; comment?: string | null },
  ): Promise<PolicyState>;
  /** The grants of an earlier revision, as a new revision. Throws AppError `not_found`, `conflict`, `forbidden`. */
  rollBack(
    ctx: Ctx,
    input: { revision: number; expectedRevision?: number; comment?: string | null },
  ): Promise<PolicyState>;
  /** Newest first; `before` a revision. */
  listVersions(ctx: Ctx, query?: { before?: number | null; limit?: number | null }): Promise<PolicyVersion[]>;
  versionGrants(ctx: Ctx, revision: number): Promise<{ mode: PolicyMode; grants: MatchedGrant[]; rules: RuleTerms[] }>;
  /** Conditions and obligations: what takes back a part of what grants allow. */
  listRules(ctx: Ctx): Promise<Rule[]>;
  /** Adds a rule, or changes the one of `id`. Throws AppError as `setGrants` does, and `conflict` for a name that is taken. */
  saveRule(
    ctx: Ctx,
    input: { id?: string | undefined; rule: RuleInput; expectedRevision?: number | undefined },
  ): Promise<PolicyState>;
  removeRule(ctx: Ctx, input: { id: string; expectedRevision?: number | undefined }): Promise<PolicyState>;
  /** What policy would decide, under the one in force or with changes that nobody has made yet. Nothing is logged. */
  simulate(ctx: Ctx, simulation: Simulation, draft?: PolicyDraft): Promise<Verdict>;
  /**
   * A part of the decision log, decided once more under the policy in force and under changes that nobody has made yet.
   * Call it with `next` as the cursor until that is null. Throws AppError as making the changes would.
   */
  replay(ctx: Ctx, draft: PolicyDraft, query?: ReplayQuery): Promise<ReplayPart>;
  /** The tenant's own rules in Rego. */
  readonly own: OwnRules;
  setMode(ctx: Ctx, mode: PolicyMode): Promise<PolicyState>;
  listDecisions(ctx: Ctx, query?: DecisionQuery): Promise<DecisionPage>;
  close(): void;
}

export async function createPolicy(options: PolicyOptions): Promise<Policy> {
  const { database, clock, audit } = options;
  const module = await compilePolicy(options.wasm);
  const running = new RunningModules(database, MAX_MODULE_THREADS);
  const tenants = new TenantPolicies({
    running,
    database,
    clock,
    module,
    maxTenants: options.maxTenants ?? 200,
    freshForMs: options.freshForMs ?? 10_000,
  });
  const stop = database.onChange(({ topic, tenantId, id }) => {
    if (topic === 'grants') tenants.forget(tenantId, Number(id));
    if (topic === 'all') tenants.forget(undefined);
  });
  const drafted = async <T>(ctx: Ctx, draft: PolicyDraft, use: (opened: OpenDraft) => Promise<T>): Promise<T> => {
    const opened = await openDraft(database, module, running, ctx, draft);
    try {
      return await use(opened);
    } finally {
      await opened.close();
    }
  };
  const loaded = async (ctx: Ctx): Promise<TenantPolicy> => tenants.peek(ctx.tenantId) ?? (await tenants.get(ctx));

  return {
    async decide(ctx, question) {
      const policy = tenants.peek(ctx.tenantId) ?? (await tenants.get(ctx));
      const asked = askedNow(ctx, question, clock);
      const verdict = policy.engine.decide(asked.input);
      // What a call will be given is not known before it is made, so only calls are shown to a tenant's own rules.
      const own = verdict.effect === 'allow' && question.purpose === 'call' ? policy.module : undefined;
      if (!own) return decisionOf(policy, asked, verdict, null);
      const finding = await own.decide(asInput(asked.input));
      return decisionOf(policy, asked, restrict(verdict, finding, ctx.surface), own.revision);
    },
    visible: async (ctx, tools, catalogueKey) => visibleNow(await loaded(ctx), ctx, { tools, catalogueKey, clock }),
    state: (ctx) => database.inTenant(ctx, readState),
    revision: async (ctx) => (await loaded(ctx)).revision,
    listGrants: (ctx) => database.inTenant(ctx, readGrants),
    async setGrants(ctx, input) {
      requirePolicyAdmin(ctx);
      const changes = parseChanges(input.changes);
      const { expectedRevision } = input;
      const change = { changes, expectedRevision, comment: parseComment(input.comment), audit };
      const state = await database.inTenant(ctx, (tx) => changeGrants(tx, ctx, change));
      tenants.forget(ctx.tenantId);
      return state;
    },
    own: createOwnRules({ database, audit, compile: options.compile, changed: (ctx) => tenants.forget(ctx.tenantId) }),
    async setMode(ctx, mode) {
      requirePolicyAdmin(ctx);
      const state = await database.inTenant(ctx, (tx) => changeMode(tx, ctx, mode, audit));
      tenants.forget(ctx.tenantId);
      return state;
    },
    async rollBack(ctx, { revision, expectedRevision, comment }) {
      requirePolicyAdmin(ctx);
      const change = { revision, expectedRevision, comment: parseComment(comment), audit };
      const state = await database.inTenant(ctx, (tx) => rollBackGrants(tx, ctx, change));
      tenants.forget(ctx.tenantId);
      return state;
    },
    listVersions: (ctx, query = {}) => database.inTenant(ctx, (tx) => listVersions(tx, query)),
    versionGrants: (ctx, revision) => database.inTenant(ctx, (tx) => versionGrants(tx, ctx, revision)),
    async simulate(ctx, simulation, draft = {}) {
      const input = simulatedInput(ctx, simulation, clock);
      return drafted(ctx, draft, async ({ draft: { engine, own } }) => {
        const verdict = engine.decide(input);
        if (!own || verdict.effect === 'deny') return verdict;
        const [finding] = await own.evaluate([asInput(input)], DECISION_MS);
        return restrict(verdict, finding ?? { kind: 'failed', message: 'they gave no answer' }, input.surface);
      });
    },
    replay: (ctx, draft, query = {}) => drafted(ctx, draft, (opened) => replayPart(database, ctx, query, opened)),
    listRules: (ctx) => database.inTenant(ctx, readRules),
    async saveRule(ctx, { id, rule: wanted, expectedRevision }) {
      requirePolicyAdmin(ctx);
      const rule = parseRule(wanted);
      const state = await database.inTenant(ctx, (tx) => saveRule(tx, ctx, { id, rule, expectedRevision, audit }));
      tenants.forget(ctx.tenantId);
      return state;
    },
    async removeRule(ctx, { id, expectedRevision }) {
      requirePolicyAdmin(ctx);
      const state = await database.inTenant(ctx, (tx) => removeRule(tx, ctx, { id, expectedRevision, audit }));
      tenants.forget(ctx.tenantId);
      return state;
    },
    listDecisions: (ctx, query) => listDecisions(database, ctx, query),
    close() {
      void stop();
      void running.close();
    },
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

interface Asked {
  readonly startedMs: number;
  readonly at: Date;
  readonly input: PolicyInput;
}

function askedNow(ctx: Ctx, question: Question, clock: Clock): Asked {
  const startedMs = performance.now();
  const at = clock.now();
  const input: PolicyInput = {
    ...callerOf(ctx),
    ...shownArguments(question.args),
    server: question.server,
    tool: question.tool,
    annotations: question.annotations ?? {},
    arm: question.arm ?? ctx.arm ?? 'code',
    purpose: question.purpose,
    time: at.toISOString(),
  };
  return { startedMs, at, input };
}

function decisionOf(
  policy: TenantPolicy,
  { startedMs, at, input }: Asked,
  verdict: Verdict,
  moduleRevision: number | null,
): Decision {
  // Nothing is done twice in the world for a shadow run, whatever is being tried out.
  const enforced =
    policy.mode === 'enforce' ||
    verdict.reasons.some(({ code }) => code === 'shadow_read_only' || code === 'shadow_approval');
  return {
    ...verdict,
    id: newId<DecisionId>(at.getTime()),
    at,
    enforced,
    allowed: verdict.effect === 'allow' || !enforced,
    revision: policy.revision,
    mode: policy.mode,
    moduleRevision,
    durationUs: Math.round((performance.now() - startedMs) * 1_000),
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
