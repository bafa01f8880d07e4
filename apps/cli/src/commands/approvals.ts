import { AppError, type Ctx } from '@switchyard/kernel';
import { REMEMBER_SCOPES, type Approval, type ApprovalStatus, type Approvals } from '@switchyard/tools';
import type { Command } from 'commander';
import type { Env } from '../env.ts';
import { withHost } from '../host.ts';
import { print, table } from '../output.ts';

interface Options {
  readonly tenant: string;
  readonly json?: boolean;
}

interface DecideOptions extends Options {
  readonly comment?: string;
  readonly remember?: string;
  readonly days: string;
}

/** As the operator, who is a person at the host's own command line. */
const withApprovals = <T>(env: Env, tenant: string, work: (approvals: Approvals, ctx: Ctx) => Promise<T>): Promise<T> =>
  withHost(env, async (host) => work(host.approvals, (await host.operatorCtx(tenant)).ctx));

const isScope = (text: string): text is (typeof REMEMBER_SCOPES)[number] =>
  REMEMBER_SCOPES.some((scope) => scope === text);

function rememberOf({
  remember,
  days,
}: DecideOptions): { scope: (typeof REMEMBER_SCOPES)[number]; days: number } | null {
  if (remember === undefined) return null;
  if (!isScope(remember)) throw new AppError('unprocessable', `--remember takes ${REMEMBER_SCOPES.join(', ')}`);
  return { scope: remember, days: Number(days) };
}

const row = (approval: Approval): string[] => [
  approval.id,
  approval.status,
  `${approval.server}.${approval.tool}`,
  approval.risk,
  approval.principalName,
  approval.expiresAt.toISOString(),
];

const inWords = (approval: Approval): string =>
  [
    `${approval.server}.${approval.tool}: ${approval.status}, ${approval.risk}`,
    `asked by ${approval.principalName} (${approval.principalKind}) ${approval.requestedAt.toISOString()}`,
    `why: ${approval.reasons.join('; ')}`,
    `with: ${JSON.stringify(approval.args)}`,
    `run: ${approval.runId ?? 'none'}`,
    ...approval.votes.map(
      ({ voterName, granted, comment }) => `${voterName}: ${granted ? 'yes' : 'no'}${comment ? `, ${comment}` : ''}`,
    ),
  ].join('\n');

export function addApprovalCommands(program: Command, env: Env): void {
  const approval = program.command('approval').description('tool calls that wait for a person');
  const command = (name: string, description: string): Command =>
    approval.command(name).description(description).requiredOption('--tenant <slug>').option('--json');
  command('list', 'those that wait, newest first')
    .option('--status <status>', 'pending, granted, denied, expired, withdrawn, used, or all', 'pending')
    .action(async ({ tenant, json, status }: Options & { status: string }) => {
      const wanted = status === 'all' ? {} : { status: status as ApprovalStatus };
      const { items } = await withApprovals(env, tenant, (approvals, ctx) => approvals.list(ctx, wanted));
      print(items, table(['id', 'state', 'tool', 'risk', 'asked by', 'until'], items.map(row)), json);
    });
  command('show <id>', 'one, with its arguments (masked) and what was said').action(
    async (id: string, { tenant, json }: Options) => {
      const found = await withApprovals(env, tenant, (approvals, ctx) => approvals.get(ctx, id));
      print(found, inWords(found), json);
    },
  );
  const decide = (name: string, description: string, granted: boolean): void => {
    command(`${name} <id>`, description)
      .option('--comment <text>', 'told to the code where it is denied, and kept in the audit log')
      .option('--remember <scope>', `decide alike without asking: ${REMEMBER_SCOPES.join(', ')}`)
      .option('--days <n>', 'for how long', '7')
      .action(async (id: string, options: DecideOptions) => {
        const decision = { granted, comment: options.comment ?? null, remember: rememberOf(options) };
        const found = await withApprovals(env, options.tenant, (approvals, ctx) => approvals.decide(ctx, id, decision));
        print(found, `${found.server}.${found.tool}: ${found.status}`, options.json);
      });
  };
  decide('approve', 'lets the call be made; the run goes on by itself', true);
  decide('deny', 'refuses the call; the code is told so', false);
  command('remembered', 'decisions that hold for further calls').action(async ({ tenant, json }: Options) => {
    const kept = await withApprovals(env, tenant, (approvals, ctx) => approvals.listRemembered(ctx));
    const rows = kept.map((one) => [
      one.id,
      one.revokedAt ? 'revoked' : one.granted ? 'approves' : 'denies',
      `${one.server}.${one.tool}`,
      one.scope,
      one.principalName,
      one.expiresAt.toISOString(),
      String(one.uses),
    ]);
    print(kept, table(['id', 'state', 'tool', 'scope', 'of whom', 'until', 'used'], rows), json);
  });
  command('revoke <id>', 'asks people again from now on').action(async (id: string, { tenant, json }: Options) => {
    const kept = await withApprovals(env, tenant, (approvals, ctx) => approvals.revoke(ctx, id));
    print(kept, `revoked what was remembered of ${kept.server}.${kept.tool}`, json);
  });
}
