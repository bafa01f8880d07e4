import { AppError } from '@switchyard/kernel';
import type { CheckResult, NewConnection } from '@switchyard/tools';
import type { Command } from 'commander';
import { parseArgsStringToArgv } from 'string-argv';
import type { Env } from '../env.ts';
import { withHost } from '../host.ts';
import { print, table } from '../output.ts';

interface AddOptions {
  readonly tenant: string;
  readonly name: string;
  readonly stdio?: string;
  readonly url?: string;
  readonly preset?: string;
  readonly field?: readonly string[];
  readonly env?: readonly string[];
  readonly header?: readonly string[];
  readonly json?: boolean;
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

function pairs(items: readonly string[] | undefined, option: string, separator: string): [string, string][] {
  return (items ?? []).map((item) => {
    const at = item.indexOf(separator);
    if (at < 1) throw new AppError('unprocessable', `${option} takes <name>${separator}<value>, not "${item}"`);
    return [item.slice(0, at).trim(), item.slice(at + 1).trim()];
  });
}

/** What is connected to, and the secrets that go to the vault: values of variables and headers are always secrets. */
function wanted(options: AddOptions): { connection: NewConnection; secrets: [string, string][] } {
  const { name } = options;
  const given = [options.stdio, options.url, options.preset].filter((option) => option !== undefined);
  if (given.length !== 1) throw new AppError('unprocessable', 'give exactly one of --stdio, --url and --preset');
  if (options.stdio !== undefined) {
    const [command, ...args] = parseArgsStringToArgv(options.stdio);
    if (!command) throw new AppError('unprocessable', '--stdio takes the command line of the server');
    const secrets = pairs(options.env, '--env', '=');
    const env = Object.fromEntries(secrets.map(([variable]) => [variable, `{{${variable}}}`]));
    return { connection: { name, command: { command, args, env } }, secrets };
  }
  if (options.url !== undefined) {
    const headers = pairs(options.header, '--header', ':');
    const templates = Object.fromEntries(headers.map(([header]) => [header, `{{header.${header}}}`]));
    return {
      connection: { name, url: options.url, headers: templates },
      secrets: headers.map(([header, value]) => [`header.${header}`, value]),
    };
  }
  return {
    connection: {
      name,
      preset: options.preset ?? '',
      fields: Object.fromEntries(pairs(options.field, '--field', '=')),
    },
    secrets: pairs(options.env, '--env', '='),
  };
}

function report({ connection, added, held, invalid }: CheckResult, tenant: string): string {
  if (connection.health === 'unreachable')
    return `${connection.name}: connected to nothing yet: ${connection.healthDetail ?? 'it does not answer'}`;
  const counts = [
    `${added} tools added`,
    ...(held ? [`${held} held`] : []),
    ...(invalid ? [`${invalid} unusable`] : []),
  ].join(', ');
  const hint = `Nobody may use them yet. Grant them with\n  npm run -s switchyard -- grant set --tenant ${tenant} --role api_key --tool '${connection.name}.*' --effect allow`;
  return `${connection.name}: ${connection.health}, ${counts}\n${added > 0 ? hint : ''}`.trim();
}

export function addConnectionCommands(program: Command, env: Env): void {
  const connection = program.command('connection').description('tool servers of a tenant');
  connection
    .command('add')
    .description(
      "connects a tenant to a tool server; --stdio runs a program on this host, which is the operator's right alone",
    )
    .requiredOption('--tenant <slug>')
    .requiredOption('--name <identifier>', 'its name in code: servers/<name>')
    .option('--stdio <command line>', 'a program that speaks MCP on its standard input and output')
    .option('--url <url>', 'a server that speaks streamable HTTP')
    .option('--preset <id>', 'one of the presets')
    .option('--field <name=value>', "an answer to a preset's field", collect)
    .option('--env <NAME=value>', "a variable (or a preset's secret), kept in the vault", collect)
    .option('--header <Name: value>', 'a header, kept in the vault', collect)
    .option('--json')
    .action(async (options: AddOptions) => {
      const { connection: input, secrets } = wanted(options);
      const result = await withHost(env, async (host) => {
        const { ctx } = await host.operatorCtx(options.tenant);
        const added = await host.connections.add(ctx, input);
        for (const [name, value] of secrets) await host.vault.put(ctx, { connectionId: added.id, name, value });
        return host.connections.check(ctx, added.id);
      });
      print(result, report(result, options.tenant), options.json);
    });
  connection
    .command('list')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (options: { tenant: string; json?: boolean }) => {
      const list = await withHost(env, async (host) =>
        host.connections.list((await host.operatorCtx(options.tenant)).ctx),
      );
      const rows = list.map((one) => [
        one.name,
        one.kind,
        one.health,
        one.enabled ? 'on' : 'off',
        one.url ?? one.command?.command ?? '',
      ]);
      print(list, table(['name', 'kind', 'health', 'state', 'where'], rows), options.json);
    });
  for (const [verb, what] of [
    ['check', 'connects, refreshes the tool list, says how it stands'],
    ['remove', 'takes it away with its tools and its credentials'],
  ] as const)
    connection
      .command(`${verb} <name>`)
      .description(what)
      .requiredOption('--tenant <slug>')
      .option('--json')
      .action(async (name: string, options: { tenant: string; json?: boolean }) => {
        await withHost(env, async (host) => {
          const { ctx } = await host.operatorCtx(options.tenant);
          const found = (await host.connections.list(ctx)).find((one) => one.name === name);
          if (!found) throw new AppError('not_found', `the tenant ${options.tenant} has no connection "${name}"`);
          if (verb === 'remove') {
            await host.connections.remove(ctx, found.id);
            return print({ removed: name }, `removed ${name}`, options.json);
          }
          const result = await host.connections.check(ctx, found.id);
          return print(result, report(result, options.tenant), options.json);
        });
      });
}
