import { newId, type Ctx, type Json } from '@switchyard/kernel';
import { Prisma, type Tx } from '@switchyard/database';
import { z } from 'zod';
import { EFFECTS, POLICY_MODES, type MatchedGrant, type PolicyMode } from './decision.ts';
import { commitRevision, lockState, requireExpected } from './state.store.ts';
import { versionGrants } from './versions.store.ts';
import { ruleSchema, type RuleTerms } from './rules.ts';
import { putBackRules } from './rules.store.ts';
import {
  effective,
  type AuditPolicy,
  type Grant,
  type ParsedChange,
  type PolicyAuditEvent,
  type PolicyState,
} from './grants.ts';

const Loaded = z.tuple([
  z.object({
    revision: z.number().int(),
    mode: z.enum(POLICY_MODES),
    moduleRevision: z.number().int().nullable(),
    grants: z.array(z.tuple([z.enum(['role', 'key']), z.string(), z.string(), z.string(), z.enum(EFFECTS)])),
    rules: z.array(ruleSchema),
  }),
]);

/** State, grants and rules in one statement, so that they are those of the revision. */
export async function loadPolicyData(tx: Tx): Promise<PolicyState & { grants: MatchedGrant[]; rules: RuleTerms[] }> {
  const rows = await tx.$queryRaw`
    SELECT coalesce((SELECT revision FROM policy_state WHERE tenant_id = current_tenant()), 0) AS revision,
           coalesce((SELECT mode::text FROM policy_state WHERE tenant_id = current_tenant()), 'enforce') AS mode,
           (SELECT module_revision FROM policy_state WHERE tenant_id = current_tenant()) AS "moduleRevision",
           coalesce((SELECT json_agg(json_build_array(subject_kind, subject, server, tool, effect)) FROM tool_grant), '[]') AS grants,
           coalesce((SELECT json_agg(json_build_object('name', name, 'server', server, 'tool', tool, 'subjects', subjects,
             'when', conditions, 'effect', effect, 'reason', reason) ORDER BY name) FROM policy_rule), '[]') AS rules`;
  const [{ revision, mode, moduleRevision, grants, rules }] = Loaded.parse(rows);
  return {
    revision,
    mode,
    moduleRevision,
    rules,
    grants: grants.map(([subjectKind, subject, server, tool, effect]) => ({
      subjectKind,
      subject,
      server,
      tool,
      effect,
    })),
  };
}

export const readGrants = (tx: Tx): Promise<Grant[]> =>
  tx.grant.findMany({
    omit: { tenantId: true },
    orderBy: [{ server: 'asc' }, { tool: 'asc' }, { subjectKind: 'asc' }, { subject: 'asc' }],
  });

const places = (changes: readonly ParsedChange[]): Prisma.Sql => Prisma.sql`
  unnest(${changes.map((change) => change.subjectKind)}::text[], ${changes.map((change) => change.subject)}::text[],
         ${changes.map((change) => change.server)}::text[], ${changes.map((change) => change.tool)}::text[])
    AS place (subject_kind, subject, server, tool)`;

type Standing = MatchedGrant & { id: string };

const standingAt = (tx: Tx, changes: readonly ParsedChange[]): Promise<Standing[]> => tx.$queryRaw<Standing[]>`
  SELECT g.id, g.subject_kind::text AS "subjectKind", g.subject, g.server, g.tool, g.effect::text AS effect
  FROM tool_grant g JOIN ${places(changes)}
    ON g.subject_kind::text = place.subject_kind AND g.subject = place.subject AND g.server = place.server AND g.tool = place.tool`;

const withoutId = ({ subjectKind, subject, server, tool, effect }: MatchedGrant): MatchedGrant => ({
  subjectKind,
  subject,
  server,
  tool,
  effect,
});

interface GrantsChange {
  readonly changes: readonly ParsedChange[];
  readonly expectedRevision: number | undefined;
  readonly comment: string | null;
  readonly audit: AuditPolicy;
}

export async function changeGrants(tx: Tx, ctx: Ctx, change: GrantsChange): Promise<PolicyState> {
  return writeGrants(tx, ctx, await lockState(tx, ctx), { ...change, action: 'policy.grants_changed' });
}

/** Brings back the grants and rules of an earlier revision, as a new one. Throws AppError `not_found`. The mode stays as it is. */
export async function rollBackGrants(
  tx: Tx,
  ctx: Ctx,
  change: Omit<GrantsChange, 'changes'> & { readonly revision: number },
): Promise<PolicyState> {
  const state = await lockState(tx, ctx);
  const { grants, rules, moduleRevision } = await versionGrants(tx, ctx, change.revision);
  const keyOf = (grant: MatchedGrant): string =>
    JSON.stringify([grant.subjectKind, grant.subject, grant.server, grant.tool]);
  const wanted = new Set(grants.map(keyOf));
  const now = await loadPolicyData(tx);
  const standing = now.grants;
  const gone = standing.filter((grant) => !wanted.has(keyOf(grant))).map((grant) => ({ ...grant, effect: null }));
  const action = 'policy.rolled_back' as const;
  requireExpected(state, change.expectedRevision);
  const rulesChanged = await putBackRules(tx, ctx, { standing: now.rules, wanted: rules });
  const wantedChanges = [...gone, ...grants];
  return writeGrants(tx, ctx, state, { ...change, changes: wantedChanges, action, rulesChanged, moduleRevision });
}

async function writeGrants(
  tx: Tx,
  ctx: Ctx,
  state: PolicyState,
  change: GrantsChange & {
    readonly action: PolicyAuditEvent['action'];
    /** Of a change that is about rules as well. */
    readonly rulesChanged?: { readonly before: Json; readonly after: Json } | undefined;
    /** Of a change that is about the tenant's own rules as well; undefined leaves them. */
    readonly moduleRevision?: number | null;
  },
): Promise<PolicyState> {
  requireExpected(state, change.expectedRevision);
  const { upserts, removals, replaced } = effective(change.changes, await standingAt(tx, change.changes));
  const { rulesChanged, moduleRevision = state.moduleRevision } = change;
  const sameModule = moduleRevision === state.moduleRevision;
  if (upserts.length + removals.length === 0 && !rulesChanged && sameModule) return state;
  const gone = [...removals, ...replaced];
  await tx.grant.deleteMany({ where: { id: { in: gone.map((grant) => grant.id) } } });
  const added = upserts.flatMap(({ effect, ...place }) => (effect ? [{ ...place, effect }] : []));
  await tx.grant.createMany({
    data: added.map((grant) => ({ ...grant, id: newId(), tenantId: ctx.tenantId, createdBy: ctx.principal.name })),
  });
  const next = { ...state, revision: state.revision + 1, moduleRevision };
  await commitRevision(tx, ctx, next, change.comment);
  await change.audit(tx, ctx, {
    action: change.action,
    target: { kind: 'policy', id: ctx.tenantId },
    before: {
      revision: state.revision,
      grants: gone.map(withoutId),
      ...(rulesChanged ? { rules: rulesChanged.before } : {}),
      ...(sameModule ? {} : { moduleRevision: state.moduleRevision }),
    },
    after: {
      revision: next.revision,
      grants: added.map(withoutId),
      ...(rulesChanged ? { rules: rulesChanged.after } : {}),
      ...(sameModule ? {} : { moduleRevision }),
      ...(change.comment === null ? {} : { comment: change.comment }),
    },
    policyRevision: next.revision,
  });
  return next;
}

export async function changeMode(tx: Tx, ctx: Ctx, mode: PolicyMode, audit: AuditPolicy): Promise<PolicyState> {
  const state = await lockState(tx, ctx);
  if (state.mode === mode) return state;
  const next = { ...state, revision: state.revision + 1, mode };
  await commitRevision(tx, ctx, next, null);
  const event: PolicyAuditEvent = {
    action: 'policy.mode_changed',
    target: { kind: 'policy', id: ctx.tenantId },
    before: { ...state },
    after: { ...next },
    policyRevision: next.revision,
  };
  await audit(tx, ctx, event);
  return next;
}
