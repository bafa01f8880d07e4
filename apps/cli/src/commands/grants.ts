import { AppError } from '@switchyard/kernel';
import type { Command } from 'commander';
import type { Env } from '../env.ts';
import { withHost } from '../host.ts';
import { print, table } from '../output.ts';

interface SetOptions {
  readonly tenant: string;
  readonly role?: string;
  readonly key?: string;
  readonly tool: string;
  readonly effect: string;
  readonly comment?: string;
  readonly json?: boolean;
}

const EFFECTS = { allow: 'allow', deny: 'deny', none: null } as const;
const isEffect = (text: string): text is keyof typeof EFFECTS => text in EFFECTS;

function subjectOf({ role, key }: SetOptions): { subjectKind: 'role' | 'key'; subject: string } {
  if ((role === undefined) === (key === undefined))
    throw new AppError('unprocessable', 'give exactly one of --role and --key');
  return role !== undefined ? { subjectKind: 'role', subject: role } : { subjectKind: 'key', subject: key ?? '' };
}

/** `*`, `server.*` or `server.tool`. */
function toolOf(address: string): { server: string; tool: string } {
  if (address === '*') return { server: '*', tool: '*' };
  const [, server, tool] = /^([^.]+)\.(.+)$/.exec(address) ?? [];
  if (!server || !tool) throw new AppError('unprocessable', '--tool takes *, <server>.* or <server>.<tool>');
  return { server, tool };
}

export function addGrantCommands(program: Command, env: Env): void {
  const grant = program.command('grant').description('who may use which tool');
  grant
    .command('set')
    .description('sets or takes away one grant')
    .requiredOption('--tenant <slug>')
    .option('--role <role>', 'owner, admin, reviewer, analyst, or api_key for every key')
    .option('--key <id>', 'one API key')
    .requiredOption('--tool <address>', '*, <server>.* or <server>.<tool>')
    .requiredOption('--effect <effect>', Object.keys(EFFECTS).join(', '))
    .option('--comment <text>', 'why, for the audit log and the revisions')
    .option('--json')
    .action(async (options: SetOptions) => {
      if (!isEffect(options.effect))
        throw new AppError('unprocessable', `--effect takes ${Object.keys(EFFECTS).join(', ')}`);
      const change = { ...subjectOf(options), ...toolOf(options.tool), effect: EFFECTS[options.effect] };
      const state = await withHost(env, async (host) => {
        const { ctx } = await host.operatorCtx(options.tenant);
        return host.policy.setGrants(ctx, { changes: [change], comment: options.comment ?? null });
      });
      print(
        state,
        `${options.effect} ${options.tool} for ${change.subject}: policy revision ${state.revision}`,
        options.json,
      );
    });
  grant
    .command('list')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (options: { tenant: string; json?: boolean }) => {
      const grants = await withHost(env, async (host) =>
        host.policy.listGrants((await host.operatorCtx(options.tenant)).ctx),
      );
      const rows = grants.map((one) => [one.subject, `${one.server}.${one.tool}`, one.effect, one.createdBy]);
      print(grants, table(['who', 'tool', 'effect', 'by'], rows), options.json);
    });
}
