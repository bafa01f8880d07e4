import { AppError } from '@switchyard/kernel';
import { LIMIT_NAMES, parseDollars, type BudgetChange, type LimitName } from '@switchyard/ledger';
import type { Command } from 'commander';
import type { Env } from '../env.ts';
import { withHost } from '../host.ts';
import { print, table } from '../output.ts';

type Options = Readonly<Record<string, string | undefined>> & { readonly tenant: string; readonly json?: boolean };

export function dollars(text: string | undefined, option: string): bigint | undefined {
  if (text === undefined) return undefined;
  const micros = parseDollars(text);
  if (micros === undefined || micros < 0n)
    throw new AppError('unprocessable', `${option} takes dollars, such as 0.148, not "${text}"`);
  return micros;
}

const inDollars = (micros: bigint): string => `$${(Number(micros) / 1_000_000).toFixed(2)}`;

/** bigints as numbers, for --json. */
export const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner)));

function modeOf(text: string | undefined): BudgetChange['mode'] {
  if (text === undefined || text === 'warn' || text === 'block') return text;
  throw new AppError('unprocessable', '--mode takes warn or block');
}

export function addBudgetCommands(program: Command, env: Env): void {
  const budget = program.command('budget').description('what a tenant may spend on models, and who hears of it');
  budget
    .command('show')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (options: Options) => {
      const state = await withHost(env, async (host) =>
        host.ledger.budget((await host.operatorCtx(options.tenant)).ctx),
      );
      const text = `${state.month}: ${inDollars(state.spentMicros)} spent; pilot ${inDollars(state.pilotMicros)}, strong ${inDollars(state.strongMicros)} (${state.mode})`;
      print(plain(state), text, options.json);
    });
  budget
    .command('set')
    .description('what is left out stays')
    .requiredOption('--tenant <slug>')
    .option('--pilot <dollars>', 'the first threshold of a month')
    .option('--strong <dollars>', 'the second; in mode block nothing more is spent from here')
    .option('--mode <mode>', 'warn or block')
    .option('--webhook <url>', 'alerts go here, signed; "none" takes it away')
    .option('--email <addresses>', 'alerts go here, by commas; "none" takes them away')
    .option('--json')
    .action(async (options: Options) => {
      const { webhook, email } = options;
      const mode = modeOf(options['mode']);
      const pilotMicros = dollars(options['pilot'], '--pilot');
      const strongMicros = dollars(options['strong'], '--strong');
      const change: BudgetChange = {
        ...(pilotMicros === undefined ? {} : { pilotMicros }),
        ...(strongMicros === undefined ? {} : { strongMicros }),
        ...(mode === undefined ? {} : { mode }),
        ...(webhook === undefined ? {} : { webhookUrl: webhook === 'none' ? null : webhook }),
        ...(email === undefined ? {} : { emails: email === 'none' ? [] : email.split(',').map((one) => one.trim()) }),
      };
      const state = await withHost(env, async (host) =>
        host.ledger.setBudget((await host.operatorCtx(options.tenant)).ctx, change),
      );
      const secret = state.secret ? `\nwebhooks are signed with ${state.secret} (shown this once)` : '';
      const text = `pilot ${inDollars(state.pilotMicros)}, strong ${inDollars(state.strongMicros)} (${state.mode})${secret}`;
      print(plain(state), text, options.json);
    });
}

const FLAGS: Readonly<Record<LimitName, string>> = {
  requestsPerMinute: '--requests-per-minute <n>',
  executionsPerMinute: '--executions-per-minute <n>',
  concurrentExecutions: '--concurrent-executions <n>',
  concurrentChats: '--concurrent-chats <n>',
};

export function addLimitCommands(program: Command, env: Env): void {
  const limits = program.command('limits').description('how much a tenant may ask at once');
  const show = (state: {
    effective: Readonly<Record<LimitName, number>>;
    ceiling: Readonly<Record<LimitName, number>>;
  }) =>
    table(
      ['limit', 'holds', 'ceiling'],
      LIMIT_NAMES.map((name) => [name, String(state.effective[name]), String(state.ceiling[name])]),
    );
  limits
    .command('show')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (options: Options) => {
      const state = await withHost(env, async (host) =>
        host.ledger.limits((await host.operatorCtx(options.tenant)).ctx),
      );
      print(state, show(state), options.json);
    });
  const set = limits
    .command('set')
    .description('what is left out stays; --ceiling sets the most that the tenant itself may choose')
    .requiredOption('--tenant <slug>')
    .option('--ceiling')
    .option('--json');
  for (const name of LIMIT_NAMES) set.option(FLAGS[name]);
  set.action(async (options: Options & { ceiling?: boolean }) => {
    const change = Object.fromEntries(
      LIMIT_NAMES.flatMap((name) => (options[name] === undefined ? [] : [[name, Number(options[name])]])),
    );
    const state = await withHost(env, async (host) => {
      const { ctx } = await host.operatorCtx(options.tenant);
      return options.ceiling ? host.ledger.setCeiling(ctx, change) : host.ledger.setLimits(ctx, change);
    });
    print(state, show(state), options.json);
  });
}
