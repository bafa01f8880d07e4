import { Prisma, type Tx } from '@switchyard/database';
import { AppError, type Ctx } from '@switchyard/kernel';
import { z } from 'zod';
import { EFFECTS, type MatchedGrant, type PolicyMode } from './decision.ts';
import type { PolicyState } from './grants.ts';
import { ruleSchema, type RuleTerms } from './rules.ts';

/** One revision of a tenant's policy, as it came into force. */
export interface PolicyVersion extends PolicyState {
  readonly grantCount: number;
  readonly comment: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
}

const Rules = z.array(ruleSchema);
const Grants = z.array(
  z.object({
    subjectKind: z.enum(['role', 'key']),
    subject: z.string(),
    server: z.string(),
    tool: z.string(),
    effect: z.enum(EFFECTS),
  }),
);

/** Keeps the policy as it stands now, in the transaction that made it so. */
export async function keepVersion(tx: Tx, ctx: Ctx, state: PolicyState, comment: string | null): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO policy_version (tenant_id, revision, mode, grants, grant_count, comment, created_by, rules,
      module_revision)
    SELECT ${ctx.tenantId}::uuid, ${state.revision}, ${state.mode}::policy_mode,
           coalesce(jsonb_agg(jsonb_build_object('subjectKind', subject_kind, 'subject', subject, 'server', server,
             'tool', tool, 'effect', effect)), '[]'), count(*)::int, ${comment}, ${ctx.principal.name},
           coalesce((SELECT jsonb_agg(jsonb_build_object('name', name, 'server', server, 'tool', tool, 'subjects', subjects,
             'when', conditions, 'effect', effect, 'reason', reason) ORDER BY name) FROM policy_rule), '[]'), ${state.moduleRevision}::int
    FROM tool_grant`;
}

const MAX_LIMIT = 200;

/** Newest first. */
export const listVersions = (
  tx: Tx,
  query: { before?: number | null; limit?: number | null },
): Promise<PolicyVersion[]> =>
  tx.policyVersion.findMany({
    where: query.before == null ? {} : { revision: { lt: query.before } },
    omit: { tenantId: true, grants: true, rules: true },
    orderBy: { revision: 'desc' },
    take: Math.min(Math.max(query.limit ?? 50, 1), MAX_LIMIT),
  });

/** The grants and rules of a revision. Throws AppError `not_found`. */
export async function versionGrants(
  tx: Tx,
  ctx: Ctx,
  revision: number,
): Promise<{ mode: PolicyMode; grants: MatchedGrant[]; rules: RuleTerms[]; moduleRevision: number | null }> {
  const found = await tx.policyVersion.findUnique({
    where: { tenantId_revision: { tenantId: ctx.tenantId, revision } },
    select: { mode: true, grants: true, rules: true, moduleRevision: true },
  });
  if (!found) throw new AppError('not_found', `There is no revision ${revision} of the policy on record.`);
  const { mode, moduleRevision } = found;
  const grants = Grants.parse(found.grants as Prisma.JsonValue);
  return { mode, moduleRevision, grants, rules: Rules.parse(found.rules) };
}
