import {
  typeFindings,
  type Finding,
  type ImportCatalog,
  type NamedTool,
  type TypeChecker,
} from '@switchyard/execution';
import type { Ctx } from '@switchyard/kernel';
import type { ToolDescriptor } from '@switchyard/tools';
import type { Linked } from './skills/link.ts';

/** What the policy says of a tool that code names, whatever its arguments. */
export type Precheck = (
  ctx: Ctx,
  tool: Pick<ToolDescriptor, 'server' | 'annotations'> & { readonly tool: string },
) => Promise<{
  readonly effect: 'allow' | 'deny';
  /** False in dry run: the effect has none. */
  readonly enforced: boolean;
  readonly reasons: readonly { readonly message: string }[];
}>;

export type Judging = {
  readonly validation: 'enforce' | 'off';
  readonly typeChecker?: Pick<TypeChecker, 'check'> | undefined;
  readonly precheck?: Precheck | undefined;
};

/**
 * The judgement that takes more than the code: its types against the declarations of what it imports, and a look at policy
 * for each tool that it names. A tool that the caller may not see was told as one that does not exist, byte for byte; one
 * that they see and that would be denied all the same is named now instead of in the middle of the run.
 */
export async function judge(
  judging: Judging,
  ctx: Ctx,
  run: {
    readonly code: string;
    readonly linked: Linked;
    readonly imports: ImportCatalog;
    readonly tools: readonly ToolDescriptor[];
  },
): Promise<Linked> {
  const { code, linked, imports, tools } = run;
  const { typeChecker, validation, precheck } = judging;
  if (validation === 'off') return linked;
  const [types, denied] = await Promise.all([
    typeChecker
      ? typeFindings(typeChecker, { code, imports, tenant: ctx.tenantId, findings: linked.findings })
      : linked.findings,
    precheck && linked.ok ? deniedTools(precheck, ctx, linked.own.tools, tools) : [],
  ]);
  const findings = [...types, ...denied];
  if (linked.ok && findings.every(({ severity }) => severity === 'warning')) return { ...linked, findings };
  return { ok: false, findings };
}

async function deniedTools(
  precheck: Precheck,
  ctx: Ctx,
  named: readonly NamedTool[],
  tools: readonly ToolDescriptor[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const asked = new Set<string>();
  for (const { server, tool, line, column } of named) {
    const found = tool === null ? undefined : tools.find((one) => one.server === server && one.name === tool);
    if (!found || asked.has(found.path)) continue;
    asked.add(found.path);
    const decision = await precheck(ctx, { server, tool: found.name, annotations: found.annotations });
    if (decision.effect === 'allow') continue;
    const why = decision.reasons.map(({ message }) => message).join(' ');
    const common = { stage: 'whole' as const, line, column };
    findings.push(
      decision.enforced
        ? {
            ...common,
            code: 'policy-denied',
            message: `Policy would deny ${server}.${found.name}. ${why}`.trim(),
            hint: 'Do the work without it, or ask an admin of the tenant for a grant.',
            severity: 'error',
          }
        : {
            ...common,
            code: 'policy-dry-run',
            message: `Policy would deny ${server}.${found.name} if it were enforced. ${why}`.trim(),
            hint: 'The tenant tries its policy out: the call goes through for now.',
            severity: 'warning',
          },
    );
  }
  return findings;
}
