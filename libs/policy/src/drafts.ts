import type { Database } from '@switchyard/database';
import { AppError, type Ctx } from '@switchyard/kernel';
import { addressOf, type LocalTime, type MatchedGrant } from './decision.ts';
import { openEngine, type Engine, type PolicyData, type PolicyModule } from './engine.ts';
import { loadPolicyData } from './grants.store.ts';
import { parseChanges, type GrantChange, type ParsedChange } from './grants.ts';
import { localClock, parseRule, type RuleInput, type RuleTerms } from './rules.ts';
import { readRules } from './rules.store.ts';

/** Changes of a policy that nobody has made yet. */
export interface PolicyDraft {
  readonly changes?: readonly GrantChange[];
  /** A rule as it would be: a new one, or in place of the one of `ruleId`. */
  readonly rule?: RuleInput | null;
  /** The rule that is changed, or taken away where there is no `rule`. */
  readonly ruleId?: string | null;
}

/** The policy in force and a draft of it, each in an instance of its own: nothing of them comes near one that decides calls. */
export interface OpenDraft {
  readonly now: Engine;
  readonly draft: Engine;
  /** The addresses with wildcards whose arguments one of the two reads. */
  readonly readsArguments: readonly string[];
  /** What the clocks say that rules of either look at; undefined where none does. */
  readonly clock: ((at: Date) => Readonly<Record<string, LocalTime>>) | undefined;
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

/** Throws AppError as saving the draft would: `unprocessable` with a path, `not_found`, `conflict`. */
export async function openDraft(
  database: Pick<Database, 'inTenant'>,
  module: PolicyModule,
  ctx: Ctx,
  { changes = [], rule, ruleId }: PolicyDraft,
): Promise<OpenDraft> {
  const parsed = parseChanges(changes);
  const wanted = rule ? parseRule(rule) : undefined;
  const [{ grants }, standing] = await database.inTenant(ctx, async (tx) => [
    await loadPolicyData(tx),
    await readRules(tx),
  ]);
  const now: PolicyData = { grants, rules: standing };
  const draft: PolicyData = {
    grants: draftOf(grants, parsed),
    rules: draftedRules(standing, wanted, ruleId ?? undefined),
  };
  const rules = [...now.rules, ...draft.rules];
  return {
    now: await openEngine(module, now),
    draft: await openEngine(module, draft),
    readsArguments: [...new Set(rules.filter(({ when }) => when.arguments.length > 0).map(addressOf))],
    clock: localClock(rules),
  };
}
