import type { Database } from '@switchyard/database';
import { AppError, type Ctx } from '@switchyard/kernel';
import { addressOf, type LocalTime, type MatchedGrant, type ToolRef } from './decision.ts';
import { openEngine, type Engine, type PolicyData, type PolicyModule } from './engine.ts';
import { loadPolicyData } from './grants.store.ts';
import { parseChanges, type GrantChange, type ParsedChange } from './grants.ts';
import type { ModuleThread } from './modules/module-thread.ts';
import type { RunningModules } from './modules/running.ts';
import { localClock, parseRule, type RuleInput, type RuleTerms } from './rules.ts';
import { readRules } from './rules.store.ts';

/** Changes of a policy that nobody has made yet. */
export interface PolicyDraft {
  readonly changes?: readonly GrantChange[];
  /** A rule as it would be: a new one, or in place of the one of `ruleId`. */
  readonly rule?: RuleInput | null;
  /** The rule that is changed, or taken away where there is no `rule`. */
  readonly ruleId?: string | null;
  /** The tenant's own rules as of this revision; 0 for none. Absent: those in force. */
  readonly moduleRevision?: number | null;
}

/** One policy whole: the product's rules on a tenant's data, and the tenant's own where there are any. */
export interface WholePolicy {
  readonly engine: Engine;
  readonly own: ModuleThread | undefined;
}

/** The policy in force and a draft of it, each in an instance of its own: nothing of them comes near one that decides calls. */
export interface OpenDraft {
  readonly now: WholePolicy;
  readonly draft: WholePolicy;
  /** True where one of the two has rules of the tenant's own, which may read all of the input. */
  readonly readsAll: boolean;
  /** The addresses with wildcards whose arguments one of the two reads. */
  readonly readsArguments: readonly string[];
  /** Whether the draft is about this tool at all: what it is not about comes out as it does today. */
  touches(tool: ToolRef): boolean;
  /** What the clocks say that rules of either look at; undefined where none does. */
  readonly clock: ((at: Date) => Readonly<Record<string, LocalTime>>) | undefined;
  close(): Promise<void>;
}

/** The grants as they would stand after the changes. */
export function draftOf(standing: readonly MatchedGrant[], changes: readonly ParsedChange[]): MatchedGrant[] {
  const placeOf = ({ subjectKind, subject, server, tool }: Omit<MatchedGrant, 'effect'>): string =>
    JSON.stringify([subjectKind, subject, server, tool]);
  const grants = new Map(standing.map((grant) => [placeOf(grant), grant]));
  for (const { effect, ...place } of changes)
    if (effect) grants.set(placeOf(place), { ...place, effect });
    else grants.delete(placeOf(place));
  return [...grants.values()];
}

function draftedRules(
  standing: readonly (RuleTerms & { readonly id: string })[],
  rule: RuleTerms | undefined,
  ruleId: string | undefined,
): readonly RuleTerms[] {
  if (ruleId !== undefined && !standing.some(({ id }) => id === ruleId))
    throw new AppError('not_found', 'There is no such rule in this tenant.');
  if (rule && standing.some(({ id, name }) => name === rule.name && id !== ruleId))
    throw new AppError('conflict', `There is a rule "${rule.name}" already: give this one another name.`);
  const others = standing.filter(({ id }) => id !== ruleId);
  return rule ? [...others, rule] : others;
}

const touching =
  (addresses: readonly string[]) =>
  ({ server, tool }: ToolRef): boolean =>
    [`${server}.${tool}`, `${server}.*`, `*.${tool}`, '*.*'].some((one) => addresses.includes(one));

/** Throws AppError as saving the draft would: `unprocessable` with a path, `not_found`, `conflict`. */
export async function openDraft(
  database: Pick<Database, 'inTenant'>,
  module: PolicyModule,
  running: Pick<RunningModules, 'open'>,
  ctx: Ctx,
  { changes = [], rule, ruleId, moduleRevision }: PolicyDraft,
): Promise<OpenDraft> {
  const parsed = parseChanges(changes);
  const wanted = rule ? parseRule(rule) : undefined;
  const [{ grants, moduleRevision: inForce }, standing] = await database.inTenant(ctx, async (tx) => [
    await loadPolicyData(tx),
    await readRules(tx),
  ]);
  const now: PolicyData = { grants, rules: standing };
  const draft: PolicyData = {
    grants: draftOf(grants, parsed),
    rules: draftedRules(standing, wanted, ruleId ?? undefined),
  };
  const rules = [...now.rules, ...draft.rules];
  const engines = [await openEngine(module, now), await openEngine(module, draft)] as const;
  const drafted = moduleRevision ?? inForce ?? 0;
  const threads = new Map<number, ModuleThread>();
  const close = async (): Promise<void> => void (await Promise.all([...threads.values()].map((one) => one.close())));
  try {
    for (const revision of new Set([inForce ?? 0, drafted]))
      if (revision !== 0) threads.set(revision, await running.open(ctx, revision));
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return {
    now: { engine: engines[0], own: threads.get(inForce ?? 0) },
    draft: { engine: engines[1], own: threads.get(drafted) },
    readsAll: threads.size > 0,
    readsArguments:
      threads.size > 0 ? ['*.*'] : [...new Set(rules.filter(({ when }) => when.arguments.length > 0).map(addressOf))],
    touches: touching([
      ...(drafted === (inForce ?? 0) ? [] : ['*.*']),
      ...[...parsed, ...(wanted ? [wanted] : []), ...standing.filter(({ id }) => id === ruleId)].map(addressOf),
    ]),
    clock: localClock(rules),
    close,
  };
}
