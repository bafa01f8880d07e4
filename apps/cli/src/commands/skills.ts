import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError, messageOf, systemClock, type Ctx } from '@switchyard/kernel';
import { createSkills, skillFileSchema, stateOf, type Skill, type Skills } from '@switchyard/runs';
import type { Command } from 'commander';
import type { Env } from '../env.ts';
import { withHost } from '../host.ts';
import { print, table } from '../output.ts';

interface Options {
  readonly tenant: string;
  readonly json?: boolean;
}

/** As the operator, who is a person: promoting is theirs too. */
const withSkills = <T>(env: Env, tenant: string, work: (skills: Skills, ctx: Ctx) => Promise<T>): Promise<T> =>
  withHost(env, async (host) => {
    const { ctx } = await host.operatorCtx(tenant);
    const { database, gateway, ledger } = host;
    const { getRun, appendAudit } = ledger;
    const skills = createSkills({ database, gateway, getRun, appendAudit, clock: systemClock });
    try {
      return await work(skills, ctx);
    } finally {
      skills.close();
    }
  });

const shown = (skill: Skill): readonly string[] => {
  const version = skill.versions.find((each) => each.version === skill.promotedVersion) ?? skill.versions[0];
  const tools = (version?.tools ?? []).map(({ server, tool }) => `${server}.${tool ?? '*'}`).join(', ');
  return [skill.name, stateOf(skill), String(version?.version ?? ''), tools, (version?.description ?? '').slice(0, 60)];
};

const inWords = (skill: Skill): string =>
  [
    `${skill.name}: ${stateOf(skill)}${skill.promotedVersion === null ? '' : `, version ${skill.promotedVersion}`}`,
    ...skill.versions.map(
      (each) =>
        `\nversion ${each.version} by ${each.authorName}${each.promotedBy === null ? '' : `, promoted by ${each.promotedBy}`}\n${each.description}\n${each.declaration}`,
    ),
  ].join('\n');

function read(env: Env, file: string): string {
  const place = path.resolve(env.SWITCHYARD_CWD, file);
  try {
    return readFileSync(place, 'utf8');
  } catch (error) {
    throw new AppError('not_found', `Cannot read ${place}: ${messageOf(error)}.`);
  }
}

function parseFile(text: string): ReturnType<typeof skillFileSchema.parse> {
  try {
    return skillFileSchema.parse(JSON.parse(text));
  } catch {
    throw new AppError('unprocessable', 'This is no file of exported skills.');
  }
}

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new AppError('unprocessable', `"${text}" is no version: use 1, 2, …`);
  return value;
};

export function addSkillCommands(program: Command, env: Env): void {
  const skill = program.command('skill').description('functions that code of a tenant imports');
  const command = (name: string, description: string): Command =>
    skill.command(name).description(description).requiredOption('--tenant <slug>').option('--json');
  command('list', 'all of them, drafts of everybody included').action(async ({ tenant, json }: Options) => {
    const list = await withSkills(env, tenant, (skills, ctx) => skills.list(ctx, true));
    print(list, table(['name', 'state', 'version', 'needs', 'what it does'], list.map(shown)), json);
  });
  command('show <name>', 'one with its versions and types').action(async (name: string, { tenant, json }: Options) => {
    const found = await withSkills(env, tenant, (skills, ctx) => skills.get(ctx, name, true));
    print(found, inWords(found), json);
  });
  command('save <name>', 'a new draft, of a file or of what a run ran')
    .requiredOption('--description <text>', 'what it does, for whoever looks for it')
    .option('--file <path>', 'TypeScript that exports the function')
    .option('--run <id>', 'the run whose code it is')
    .action(async (name: string, options: Options & { description: string; file?: string; run?: string }) => {
      const { tenant, json, description, file, run: runId } = options;
      const code = file === undefined ? undefined : read(env, file);
      const { version } = await withSkills(env, tenant, (skills, ctx) =>
        skills.save(ctx, { name, description, code, runId }),
      );
      print(version, `saved ${name} as version ${version.version}, a draft\n${version.declaration}`, json);
    });
  command('promote <name> <version>', 'gives a version to everybody').action(
    async (name: string, version: string, { tenant, json }: Options) => {
      const wanted = { name, version: wholeNumber(version) };
      const found = await withSkills(env, tenant, (skills, ctx) => skills.promote(ctx, wanted));
      print(found, `${name}: everybody gets version ${version} now`, json);
    },
  );
  command('retire <name>', 'takes it from everybody').action(async (name: string, { tenant, json }: Options) => {
    const found = await withSkills(env, tenant, (skills, ctx) => skills.retire(ctx, name));
    print(found, `${name}: retired`, json);
  });
  command('export <name>', 'the skill and those that it imports, as JSON for another tenant')
    .option('--version <n>', 'the promoted one otherwise')
    .option('--out <path>', 'a file; standard output otherwise')
    .action(async (name: string, options: Options & { version?: string; out?: string }) => {
      const version = options.version === undefined ? undefined : wholeNumber(options.version);
      const file = await withSkills(env, options.tenant, (skills, ctx) => skills.export(ctx, { name, version }, true));
      const text = JSON.stringify(file, null, 2);
      if (options.out === undefined) return print(file, text, true);
      writeFileSync(path.resolve(env.SWITCHYARD_CWD, options.out), `${text}\n`);
      return print(file, `wrote ${file.skills.map((each) => each.name).join(', ')} to ${options.out}`, options.json);
    });
  command('import <file>', 'all skills of an exported file as drafts, or none').action(
    async (file: string, { tenant, json }: Options) => {
      const parsed = parseFile(read(env, file));
      const saved = await withSkills(env, tenant, (skills, ctx) => skills.import(ctx, parsed));
      const names = saved.map(({ skill: { name }, version }) => `${name} (version ${version.version})`);
      print(
        saved.map(({ skill: { name }, version }) => ({ name, version: version.version })),
        `imported as drafts: ${names.join(', ')}`,
        json,
      );
    },
  );
}
