import { createHash } from 'node:crypto';
import { AppError, type Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import type { AuditPolicy, PolicyState } from '../grants.ts';
import { commitRevision, lockState, requireExpected } from '../state.store.ts';
import type { CompiledModule } from './compile.ts';

/** A tenant's own rules as they were sent once. */
export interface PolicyModule {
  /** From 1, within the tenant. */
  readonly revision: number;
  readonly comment: string | null;
  readonly testCount: number;
  readonly compiler: string;
  /** SHA-256 of source and tests, hexadecimal. */
  readonly hash: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface PolicyModuleSource extends PolicyModule {
  readonly source: string;
  readonly tests: string;
}

/** Kept besides those that some revision of the policy refers to. */
const KEPT = 100;
const LISTED = 200;
const SUMMARY = {
  revision: true,
  comment: true,
  testCount: true,
  compiler: true,
  hash: true,
  createdBy: true,
  createdAt: true,
} as const;

const hashOf = (source: string, tests: string): string =>
  createHash('sha256')
    .update(JSON.stringify([source, tests]))
    .digest('hex');

/** Newest first. */
export const listModules = (tx: Tx): Promise<PolicyModule[]> =>
  tx.policyModule.findMany({ select: SUMMARY, orderBy: { revision: 'desc' }, take: LISTED });

const unknown = (revision: number): AppError =>
  new AppError('not_found', `There are no rules of revision ${revision} in this tenant.`);

export async function readModule(tx: Tx, ctx: Ctx, revision: number): Promise<PolicyModuleSource> {
  const where = { tenantId_revision: { tenantId: ctx.tenantId, revision } };
  const found = await tx.policyModule.findUnique({ where, select: { ...SUMMARY, source: true, tests: true } });
  if (!found) throw unknown(revision);
  return found;
}

/** Throws AppError `not_found`. */
export async function readModuleWasm(tx: Tx, ctx: Pick<Ctx, 'tenantId'>, revision: number): Promise<Uint8Array> {
  const where = { tenantId_revision: { tenantId: ctx.tenantId, revision } };
  const found = await tx.policyModule.findUnique({ where, select: { wasm: true } });
  if (!found) throw unknown(revision);
  return found.wasm;
}

interface SentModule {
  readonly source: string;
  readonly tests: string;
  readonly comment: string | null;
  readonly compiled: CompiledModule;
  readonly audit: AuditPolicy;
}

/** Keeps what was compiled, not in force yet; the same text again is the newest revision as it stands. */
export async function keepModule(tx: Tx, ctx: Ctx, sent: SentModule): Promise<PolicyModule> {
  const { source, tests, comment, compiled, audit } = sent;
  const state = await lockState(tx, ctx);
  const [newest] = await tx.policyModule.findMany({ select: SUMMARY, orderBy: { revision: 'desc' }, take: 1 });
  const hash = hashOf(source, tests);
  if (newest?.hash === hash) return newest;
  const revision = (newest?.revision ?? 0) + 1;
  const { wasm, testCount, compiler } = compiled;
  const made = await tx.policyModule.create({
    data: {
      tenantId: ctx.tenantId,
      revision,
      comment,
      source,
      tests,
      wasm: Buffer.from(wasm),
      hash,
      testCount,
      compiler,
      createdBy: ctx.principal.name,
    },
    select: SUMMARY,
  });
  await tx.$executeRaw`
    DELETE FROM policy_module WHERE revision <= ${revision - KEPT}
       AND revision NOT IN (SELECT module_revision FROM policy_version WHERE module_revision IS NOT NULL)`;
  await audit(tx, ctx, {
    action: 'policy.module_uploaded',
    target: { kind: 'policy', id: ctx.tenantId },
    before: null,
    after: { moduleRevision: revision, hash, testCount, compiler, ...(comment === null ? {} : { comment }) },
    policyRevision: state.revision,
  });
  return made;
}

/** Puts a revision in force, or none with null. Throws AppError `not_found`, `conflict`. */
export async function putInForce(
  tx: Tx,
  ctx: Ctx,
  change: {
    readonly moduleRevision: number | null;
    readonly expectedRevision: number | undefined;
    readonly comment: string | null;
    readonly audit: AuditPolicy;
  },
): Promise<PolicyState> {
  const { moduleRevision, expectedRevision, comment, audit } = change;
  const state = await lockState(tx, ctx);
  const hash = moduleRevision === null ? null : (await readModule(tx, ctx, moduleRevision)).hash;
  requireExpected(state, expectedRevision);
  if (state.moduleRevision === moduleRevision) return state;
  const next: PolicyState = { ...state, revision: state.revision + 1, moduleRevision };
  const what = moduleRevision === null ? 'own rules withdrawn' : `own rules, revision ${moduleRevision}`;
  await commitRevision(tx, ctx, next, comment ?? what);
  await audit(tx, ctx, {
    action: moduleRevision === null ? 'policy.module_withdrawn' : 'policy.module_published',
    target: { kind: 'policy', id: ctx.tenantId },
    before: { moduleRevision: state.moduleRevision },
    after: { moduleRevision, hash, ...(comment === null ? {} : { comment }) },
    policyRevision: next.revision,
  });
  return next;
}
