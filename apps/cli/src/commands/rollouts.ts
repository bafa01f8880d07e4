import {
  KNOWN_FLAGS,
  TEMPLATES,
  type Experiments,
  type Flag,
  type PersonsCommand,
  type RolloutView,
  type TemplateName,
  type Variant,
} from '@switchyard/experiments';
import { AppError, type Ctx } from '@switchyard/kernel';
import type { Command } from 'commander';
import type { Env } from '../env.ts';
import { withHost, type OperatorHost } from '../host.ts';
import { print, table } from '../output.ts';

interface Options {
  readonly tenant: string;
  readonly reason?: string;
  readonly json?: boolean;
}

const percent = (basisPoints: number): string => `${basisPoints / 100}%`;
const reasonOf = ({ reason }: Options): string => reason ?? 'by the operator at the command line';

/** "25", "25%" or "12.34%" as basis points. */
function basisPointsOf(text: string, option: string): number {
  const [, number] = /^(\d{1,3}(?:\.\d{1,2})?)%?$/.exec(text.trim()) ?? [];
  const basisPoints = Math.round(Number(number) * 100);
  if (number === undefined || basisPoints > 10_000)
    throw new AppError(
      'unprocessable',
      `${option} takes a percentage in steps of 0.01, such as 25 or 12.5, not "${text}"`,
    );
  return basisPoints;
}

function variantsOf(items: readonly string[]): Variant[] {
  return items.map((item) => {
    const at = item.indexOf('=');
    if (at < 1) throw new AppError('unprocessable', `--variant takes <name>=<percent>, not "${item}"`);
    return { name: item.slice(0, at), shareBasisPoints: basisPointsOf(item.slice(at + 1), '--variant') };
  });
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];
const flagState = ({ enabled, variants }: Flag): string =>
  `${enabled ? 'on' : 'off'}${variants.map((one) => ` ${one.name}=${percent(one.shareBasisPoints)}`).join('')}`;

function addFlagCommands(program: Command, env: Env): void {
  const flag = program
    .command('flag')
    .description(`flags of a tenant: ${Object.keys(KNOWN_FLAGS).join(', ')} and its own`);
  flag
    .command('set <key> <state>')
    .description('on or off')
    .requiredOption('--tenant <slug>')
    .option('--variant <name=percent>', 'a variant and its share; together 100', collect)
    .option('--reason <text>', 'why, for the audit log')
    .option('--json')
    .action(async (key: string, state: string, options: Options & { variant?: readonly string[] }) => {
      const enabled = { on: true, true: true, off: false, false: false }[state];
      if (enabled === undefined) throw new AppError('unprocessable', `a flag is set on or off, not "${state}"`);
      const variants = options.variant ? { variants: variantsOf(options.variant) } : {};
      const found = await withHost(env, async (host) => {
        const { ctx } = await host.operatorCtx(options.tenant);
        return host.experiments.setFlag(ctx, { key, enabled, ...variants, reason: reasonOf(options) });
      });
      print(found, `${found.key}: ${flagState(found)}`, options.json);
    });
  flag
    .command('list')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (options: Options) => {
      const flags = await withHost(env, async (host) =>
        host.experiments.listFlags((await host.operatorCtx(options.tenant)).ctx),
      );
      const rows = flags.map((one) => [one.key, flagState(one), one.updatedBy ?? '', one.description]);
      print(flags, table(['flag', 'state', 'set by', 'meaning'], rows), options.json);
    });
}

function report({ rollout, killSwitch, next, readings, gates }: RolloutView): string {
  const switchLine = killSwitch?.thrown ? [`KILL SWITCH thrown by ${killSwitch.by}: ${killSwitch.reason}`] : [];
  const guards = readings.map((one) => [
    one.guard,
    one.state === 'no_data' ? 'no data' : one.state,
    `${one.effect}${one.dryRun ? ' (dry run)' : ''}`,
    one.sentence,
  ]);
  return [
    ...switchLine,
    `${rollout.name} (${rollout.plan.arm}): ${rollout.status.replace('_', ' ')} at ${percent(rollout.shareBasisPoints)}, step ${rollout.stepIndex + 1} of ${rollout.plan.steps.length}`,
    `because: ${rollout.reason}`,
    `next: ${next.what}${next.at ? ` Not before ${next.at.toISOString()}.` : ''}`,
    ...next.waitingFor.map((one) => `  waits for: ${one}`),
    ...(gates.length > 0 ? ['', table(['guard', 'state', 'effect', 'seen'], guards)] : []),
  ].join('\n');
}

const NONE = 'This tenant has no rollout. Begin one with: rollout start --tenant <slug>';

async function openOne(experiments: Experiments, ctx: Ctx) {
  const rollout = await experiments.openRollout(ctx);
  if (!rollout) throw new AppError('not_found', NONE);
  return rollout;
}

/** One that is made now where there is none: the command line's short way to a share. */
async function openOrMade(experiments: Experiments, ctx: Ctx, options: Options & { template?: string; name?: string }) {
  const open = await experiments.openRollout(ctx);
  if (open) return open;
  const template: TemplateName | undefined = TEMPLATES.find((name) => name === (options.template ?? 'standard'));
  if (!template) throw new AppError('unprocessable', `--template takes ${TEMPLATES.join(', ')}`);
  return experiments.createRollout(ctx, {
    name: options.name ?? 'Code execution',
    template,
    reason: reasonOf(options),
  });
}

export function addRolloutCommands(program: Command, env: Env): void {
  addFlagCommands(program, env);
  const rollout = program.command('rollout').description("the share of a tenant's conversations that code answers");
  const shown = async (host: OperatorHost, ctx: Ctx, id: string, options: Options): Promise<void> => {
    const view = await host.experiments.viewRollout(ctx, id);
    print(view, report(view), options.json);
  };
  const command = (name: string, description: string): Command =>
    rollout
      .command(name)
      .description(description)
      .requiredOption('--tenant <slug>')
      .option('--reason <text>', 'why, for the audit log')
      .option('--json');
  const changing = (name: string, description: string, make: (options: Options) => PersonsCommand): Command =>
    command(name, description).action((options: Options) =>
      withHost(env, async (host) => {
        const { ctx } = await host.operatorCtx(options.tenant);
        const { id } = await openOne(host.experiments, ctx);
        await host.experiments.changeRollout(ctx, { id, reason: reasonOf(options), command: make(options) });
        await shown(host, ctx, id, options);
      }),
    );

  rollout
    .command('show')
    .description('as it stands, what happens next, and when')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action((options: Options) =>
      withHost(env, async (host) => {
        const { ctx } = await host.operatorCtx(options.tenant);
        const open = await host.experiments.openRollout(ctx);
        const killSwitch = await host.experiments.killSwitch(ctx);
        const thrown = killSwitch?.thrown ? `KILL SWITCH thrown by ${killSwitch.by}: ${killSwitch.reason}\n` : '';
        if (open) await shown(host, ctx, open.id, options);
        else print({ rollout: null, killSwitch }, `${thrown}${NONE}`, options.json);
      }),
    );
  command('start', 'begins the plan with its first step; makes the rollout where there is none')
    .option('--template <name>', TEMPLATES.join(', '))
    .option('--name <text>')
    .option('--at <time>', 'a moment to come, ISO 8601')
    .action((options: Options & { template?: string; name?: string; at?: string }) =>
      withHost(env, async (host) => {
        const at = options.at === undefined ? undefined : new Date(options.at);
        if (at && Number.isNaN(at.getTime())) throw new AppError('unprocessable', '--at takes a time in ISO 8601');
        const { ctx } = await host.operatorCtx(options.tenant);
        const { id } = await openOrMade(host.experiments, ctx, options);
        await host.experiments.changeRollout(ctx, { id, reason: reasonOf(options), command: { kind: 'start', at } });
        await shown(host, ctx, id, options);
      }),
    );
  command('set', 'sets the share by hand, past the gates; begins the rollout where it has not begun')
    .requiredOption('--percent <percent>', 'in steps of 0.01')
    .action((options: Options & { percent: string }) =>
      withHost(env, async (host) => {
        const shareBasisPoints = basisPointsOf(options.percent, '--percent');
        const reason = reasonOf(options);
        const { ctx } = await host.operatorCtx(options.tenant);
        const { experiments } = host;
        const { id, status } = await openOrMade(experiments, ctx, options);
        if (status === 'draft' || status === 'scheduled')
          await experiments.changeRollout(ctx, { id, reason, command: { kind: 'start' } });
        await experiments.changeRollout(ctx, { id, reason, command: { kind: 'set_share', shareBasisPoints } });
        await shown(host, ctx, id, options);
      }),
    );
  changing('hold', 'the share stays and nothing advances', () => ({ kind: 'hold' }));
  changing('resume', 'goes on after a hold', () => ({ kind: 'resume' }));
  changing('roll-back', 'nobody of this rollout gets code any longer', () => ({ kind: 'roll_back' }));
  changing('restart', 'begins anew after a rollback; --after-fix deals everybody anew', (options) => ({
    kind: 'restart',
    afterFix: (options as Options & { afterFix?: boolean }).afterFix === true,
  })).option('--after-fix');
  changing('approve', 'that this step be left when its other gates are open', () => ({ kind: 'approve' }));
  changing('close', 'ends it for good, so that another can be made', () => ({ kind: 'close' }));
  for (const [name, thrown, description] of [
    ['kill', true, 'throws the kill switch: nobody of the tenant gets code, mid-conversation too'],
    ['release', false, 'releases the kill switch'],
  ] as const)
    command(name, description).action((options: Options) =>
      withHost(env, async (host) => {
        const { ctx } = await host.operatorCtx(options.tenant);
        const found = await host.experiments.setKillSwitch(ctx, { thrown, reason: reasonOf(options) });
        print(
          found,
          found.thrown ? `The kill switch is thrown: ${found.reason}` : 'The kill switch is not thrown.',
          options.json,
        );
      }),
    );
}
