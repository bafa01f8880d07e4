import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError, messageOf } from '@switchyard/kernel';
import type { Rule, RuleInput } from '@switchyard/policy';
import type { Command } from 'commander';
import type { Env } from '../env.ts';
import { withHost } from '../host.ts';
import { print, table } from '../output.ts';

interface Options {
  readonly tenant: string;
  readonly json?: boolean;
}

/** Parsed where the rules are: what is not acceptable is told with its path. */
function read(env: Env, file: string): RuleInput {
  try {
    return JSON.parse(readFileSync(path.resolve(env.SWITCHYARD_CWD, file), 'utf8')) as RuleInput;
  } catch (error) {
    throw new AppError('unprocessable', `Cannot read a rule from ${file}: ${messageOf(error)}.`);
  }
}

const effectOf = ({ effect: { deny, approval, maskFields, rowCap, callCap } }: Rule): string =>
  [
    ...(deny ? ['forbids'] : []),
    ...(approval ? [`asks ${approval.persons === 1 ? 'a person' : 'two persons'}`] : []),
    ...(maskFields.length > 0 ? [`masks ${maskFields.join(', ')}`] : []),
    ...(rowCap === null ? [] : [`at most ${rowCap} rows`]),
    ...(callCap === null ? [] : [`at most ${callCap} calls`]),
  ].join(', ');

export function addRuleCommands(program: Command, env: Env): void {
  const rule = program.command('rule').description('what takes back a part of what grants allow');
  rule
    .command('list')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async ({ tenant, json }: Options) => {
      const rules = await withHost(env, async (host) => host.policy.listRules((await host.operatorCtx(tenant)).ctx));
      const rows = rules.map((one) => [one.name, `${one.server}.${one.tool}`, effectOf(one), one.reason]);
      print(rules, table(['name', 'tool', 'what it does', 'why'], rows), json);
    });
  rule
    .command('set <file>')
    .description('adds the rule in a JSON file, or changes the one of its name')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (file: string, { tenant, json }: Options) => {
      const wanted = read(env, file);
      const state = await withHost(env, async ({ policy, operatorCtx }) => {
        const { ctx } = await operatorCtx(tenant);
        const id = (await policy.listRules(ctx)).find(({ name }) => name === wanted.name)?.id;
        return policy.saveRule(ctx, { id, rule: wanted });
      });
      print(state, `rule ${wanted.name} is in force: policy revision ${state.revision}`, json);
    });
  rule
    .command('remove <name>')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (name: string, { tenant, json }: Options) => {
      const state = await withHost(env, async ({ policy, operatorCtx }) => {
        const { ctx } = await operatorCtx(tenant);
        const found = (await policy.listRules(ctx)).find((one) => one.name === name);
        if (!found) throw new AppError('not_found', `There is no rule "${name}" in this tenant.`);
        return policy.removeRule(ctx, { id: found.id });
      });
      print(state, `took rule ${name} away: policy revision ${state.revision}`, json);
    });
}
