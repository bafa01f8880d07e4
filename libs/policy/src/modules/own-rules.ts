import { AppError, type Ctx } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { parseComment, requirePolicyAdmin, type AuditPolicy, type PolicyState } from '../grants.ts';
import { createModuleCompiler, type ModuleCompilerOptions } from './compile.ts';
import type { ModuleProblem } from './opa-answers.ts';
import {
  keepModule,
  listModules,
  putInForce,
  readModule,
  type PolicyModule,
  type PolicyModuleSource,
} from './modules.store.ts';

export type Upload =
  | { readonly kind: 'kept'; readonly module: PolicyModule }
  /** Nothing was kept. */
  | { readonly kind: 'refused'; readonly problems: readonly ModuleProblem[] };

/** A tenant's own rules in Rego: they are asked after the product's, and only take back from what those allow. */
export interface OwnRules {
  /** Whether this host can compile them; what is in force is evaluated either way. */
  compiler(): Promise<{ readonly compiler: string } | { readonly missing: string }>;
  /** Newest first, without their text. */
  list(ctx: Ctx): Promise<PolicyModule[]>;
  /** Throws AppError `not_found`. */
  read(ctx: Ctx, revision: number): Promise<PolicyModuleSource>;
  /**
   * Compiles and tests, and keeps what stands both as a revision that is not in force yet. Throws AppError `forbidden`,
   * `unavailable` where no OPA is set up, `too_large`, `rate_limited`.
   */
  upload(ctx: Ctx, sent: { source: string; tests: string; comment?: string | null }): Promise<Upload>;
  /**
   * Puts a revision in force, an earlier one as well, or none with null: as a new revision of the policy. Throws AppError
   * `forbidden`, `not_found`, `conflict`.
   */
  publish(
    ctx: Ctx,
    change: { moduleRevision: number | null; expectedRevision?: number; comment?: string | null },
  ): Promise<PolicyState>;
}

export interface OwnRulesOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly audit: AuditPolicy;
  /** Undefined where this process compiles nothing. */
  readonly compile: ModuleCompilerOptions | undefined;
  /** Called when a tenant's policy has changed. */
  readonly changed: (ctx: Ctx) => void;
}

export function createOwnRules({ database, audit, compile, changed }: OwnRulesOptions): OwnRules {
  const compiler = compile && createModuleCompiler(compile);
  return {
    compiler: async () => (await compiler?.state()) ?? { missing: 'This process compiles no rules.' },
    list: (ctx) => database.inTenant(ctx, listModules),
    read: (ctx, revision) => database.inTenant(ctx, (tx) => readModule(tx, ctx, revision)),
    async upload(ctx, { source, tests, comment: said }) {
      requirePolicyAdmin(ctx);
      const comment = parseComment(said);
      if (/[\0]/.test(source + tests)) throw new AppError('unprocessable', 'Rules are text, without NUL characters.');
      if (!compiler) throw new AppError('unavailable', 'This process compiles no rules.');
      const compilation = await compiler.compile(source, tests);
      if (compilation.kind === 'refused') return compilation;
      const sent = { source, tests, comment, compiled: compilation.module, audit };
      return { kind: 'kept', module: await database.inTenant(ctx, (tx) => keepModule(tx, ctx, sent)) };
    },
    async publish(ctx, { moduleRevision, expectedRevision, comment: said }) {
      requirePolicyAdmin(ctx);
      const change = { moduleRevision, expectedRevision, comment: parseComment(said), audit };
      const state = await database.inTenant(ctx, (tx) => putInForce(tx, ctx, change));
      changed(ctx);
      return state;
    },
  };
}
