import { canonicalJson, AppError, isUuid, newId, type Ctx, type Json } from '@switchyard/kernel';
import type { Prisma, Tx } from '@switchyard/database';
import type { AuditPolicy, PolicyAuditEvent, PolicyState } from './grants.ts';
import { commitRevision, lockState, requireExpected } from './state.store.ts';
import { requireRoomForRule, ruleSchema, type Rule, type RuleTerms } from './rules.ts';

const toRow = ({ name, server, tool, subjects, when, effect, reason }: RuleTerms) => ({
  name,
  server,
  tool,
  subjects: subjects as Prisma.InputJsonArray,
  when: when as unknown as Prisma.InputJsonObject,
  effect: effect as unknown as Prisma.InputJsonObject,
  reason,
});

const termsOf = ({ name, server, tool, subjects, when, effect, reason }: RuleTerms): Json =>
  ({ name, server, tool, subjects, when, effect, reason }) as unknown as Json;

const toRule = (row: { id: string; createdBy: string; createdAt: Date; updatedAt: Date }): Rule => {
  const { id, createdBy, createdAt, updatedAt } = row;
  return { ...ruleSchema.parse(row), id, createdBy, createdAt, updatedAt };
};

export async function readRules(tx: Tx): Promise<Rule[]> {
  const rows = await tx.policyRule.findMany({ omit: { tenantId: true }, orderBy: { name: 'asc' } });
  return rows.map(toRule);
}

interface RuleChange {
  readonly expectedRevision: number | undefined;
  readonly audit: AuditPolicy;
}

async function committed(
  tx: Tx,
  ctx: Ctx,
  change: RuleChange & {
    readonly state: PolicyState;
    readonly action: PolicyAuditEvent['action'];
    readonly before: Json;
    readonly after: Json;
    readonly comment: string;
  },
): Promise<PolicyState> {
  const { state, action, before, after, comment, audit } = change;
  const next = { ...state, revision: state.revision + 1 };
  await commitRevision(tx, ctx, next, comment);
  await audit(tx, ctx, {
    action,
    target: { kind: 'policy', id: ctx.tenantId },
    before,
    after,
    policyRevision: next.revision,
  });
  return next;
}

/** Adds a rule, or changes the one of `id`. Throws AppError `conflict` for a name that another rule has, `not_found`. */
export async function saveRule(
  tx: Tx,
  ctx: Ctx,
  { id, rule, ...change }: RuleChange & { readonly id: string | undefined; readonly rule: RuleTerms },
): Promise<PolicyState> {
  const state = await lockState(tx, ctx);
  requireExpected(state, change.expectedRevision);
  const standing = id === undefined ? undefined : await findRule(tx, id);
  const namesake = await tx.policyRule.findFirst({ where: { name: rule.name }, select: { id: true } });
  if (namesake && namesake.id !== standing?.id)
    throw new AppError('conflict', `There is a rule "${rule.name}" already: give this one another name.`);
  if (standing) {
    if (canonicalJson(termsOf(standing)) === canonicalJson(termsOf(rule))) return state;
    await tx.policyRule.update({ where: { id: standing.id }, data: toRow(rule) });
  } else {
    requireRoomForRule(await tx.policyRule.count());
    await tx.policyRule.create({
      data: { ...toRow(rule), id: newId(), tenantId: ctx.tenantId, createdBy: ctx.principal.name },
    });
  }
  return committed(tx, ctx, {
    ...change,
    state,
    action: 'policy.rule_saved',
    before: standing ? termsOf(standing) : null,
    after: termsOf(rule),
    comment: `rule ${rule.name} ${standing ? 'changed' : 'added'}`,
  });
}

/** Throws AppError `not_found`. */
export async function removeRule(
  tx: Tx,
  ctx: Ctx,
  { id, ...change }: RuleChange & { readonly id: string },
): Promise<PolicyState> {
  const state = await lockState(tx, ctx);
  requireExpected(state, change.expectedRevision);
  const standing = await findRule(tx, id);
  await tx.policyRule.delete({ where: { id: standing.id } });
  return committed(tx, ctx, {
    ...change,
    state,
    action: 'policy.rule_removed',
    before: termsOf(standing),
    after: null,
    comment: `rule ${standing.name} taken away`,
  });
}

async function findRule(tx: Tx, id: string): Promise<Rule> {
  const row = isUuid(id) ? await tx.policyRule.findFirst({ where: { id }, omit: { tenantId: true } }) : null;
  if (!row) throw new AppError('not_found', 'There is no such rule in this tenant.');
  return toRule(row);
}

/** Makes the rules those that are wanted; undefined when they are already. */
export async function putBackRules(
  tx: Tx,
  ctx: Ctx,
  { standing, wanted }: { readonly standing: readonly RuleTerms[]; readonly wanted: readonly RuleTerms[] },
): Promise<{ before: Json; after: Json } | undefined> {
  const [before, after] = [standing.map(termsOf), wanted.map(termsOf)];
  if (canonicalJson(before) === canonicalJson(after)) return undefined;
  await tx.policyRule.deleteMany({});
  await tx.policyRule.createMany({
    data: wanted.map((rule) => ({
      ...toRow(rule),
      id: newId(),
      tenantId: ctx.tenantId,
      createdBy: ctx.principal.name,
      updatedAt: new Date(),
    })),
  });
  return { before, after };
}
