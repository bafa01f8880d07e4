import { skillModule, type Finding } from '@switchyard/execution';
import { AppError, type Ctx } from '@switchyard/kernel';
import type { Ledger } from '@switchyard/ledger';
import { shapeOf, typeOfShape, type Gateway, type ToolDescriptor } from '@switchyard/tools';
import type { Database } from '@switchyard/database';
import { LRUCache } from 'lru-cache';
import { importCatalog } from '../import-catalog.ts';
import { TENANT_LIMITS } from '../limits.ts';
import type { RecordedSkill } from '../replay/recording.ts';
import { withSkills } from './as-tools.ts';
import { link } from './link.ts';
import {
  asUsable,
  checkSkillName,
  seenVersions,
  usableVersion,
  type NeededTool,
  type Skill,
  type SkillVersion,
  type UsableSkill,
} from './skill.ts';
import { SKILL_FILE_FORMAT, type SkillFile } from './skill-file.ts';
import { addVersion, readSkills, setPromoted, setRetired, type SkillStore } from './skills.store.ts';

const MAX_TENANTS = 200;
const MAX_DESCRIPTION = 2_000;

export interface SkillsOptions extends Omit<SkillStore, 'database'> {
  readonly database: Pick<Database, 'inTenant' | 'onChange'>;
  readonly gateway: Pick<Gateway, 'toolsFor'>;
  readonly getRun: Ledger['getRun'];
  /** Names of those that reviewers blocked; they are there for nobody. */
  readonly blocked?: (
    ctx: Ctx,
    skills: readonly { readonly name: string; readonly code: string }[],
  ) => Promise<ReadonlySet<string>>;
}

export interface NewSkill {
  readonly name: string;
  readonly description: string;
  /** Either the code, or the run whose code it is. */
  readonly code?: string | undefined;
  readonly runId?: string | undefined;
}

export interface Skills {
  /** Skills that the caller's code may import: promoted ones and own drafts, whose tools the caller may all use. */
  usable(ctx: Ctx, tools: readonly ToolDescriptor[]): Promise<readonly UsableSkill[]>;
  /** Tools and skills as discovery shows them. The same list while neither changes. */
  toolsFor(ctx: Ctx): Promise<readonly ToolDescriptor[]>;
  /** `name`, or `name@3` for a version that the caller may see. Throws AppError `not_found`. */
  find(ctx: Ctx, reference: string, tools: readonly ToolDescriptor[]): Promise<UsableSkill>;
  /** All that the caller may see; drafts of others only with `mayDecide`. */
  list(ctx: Ctx, mayDecide: boolean): Promise<Skill[]>;
  /** Throws AppError `not_found`. */
  get(ctx: Ctx, name: string, mayDecide: boolean): Promise<Skill>;
  /** A new draft. Throws AppError `unprocessable` with `findings` for code that does not pass. */
  save(ctx: Ctx, wanted: NewSkill): Promise<{ skill: Skill; version: SkillVersion }>;
  /** By a person. Throws AppError `forbidden` for programs, `conflict` when it imports what nobody else may use. */
  promote(ctx: Ctx, wanted: { name: string; version: number }): Promise<Skill>;
  /** By a person: nobody may import it any longer. */
  retire(ctx: Ctx, name: string): Promise<Skill>;
  /** With the skills that it imports. */
  export(ctx: Ctx, wanted: { name: string; version?: number | undefined }, mayDecide: boolean): Promise<SkillFile>;
  /** All of a file as drafts, or nothing. */
  import(ctx: Ctx, file: SkillFile): Promise<{ skill: Skill; version: SkillVersion }[]>;
  close(): void;
}

const noSkill = (name: string): AppError =>
  new AppError('not_found', `There is no skill "${name.slice(0, 80)}" that you may use.`, { path: 'name' });

const inWords = (findings: readonly Finding[]): string =>
  findings
    .slice(0, 5)
    .map(({ line, column, message, hint }) => `${line}:${column} ${message} ${hint}`.trim())
    .join('\n');

const refused = (findings: readonly Finding[], what = 'The code'): AppError =>
  new AppError('unprocessable', `${what} is not accepted:\n${inWords(findings)}`, {
    path: 'code',
    findings: findings.slice(0, 20),
  });

/** A model acts through keys and tokens; what it may not do is decide for others. */
function requirePerson({ principal }: Ctx): void {
  if (principal.kind === 'operator' || (principal.kind === 'user' && !('scopes' in principal))) return;
  throw new AppError('forbidden', 'A person decides which skills everybody gets: sign in to the console for it.');
}

const mayAll = (tools: readonly ToolDescriptor[], needed: readonly NeededTool[]): boolean =>
  needed.every(({ server, tool }) =>
    tools.some((one) => one.server === server && (tool === null || one.name === tool)),
  );

/** Their own tools, and those of skills that they import. */
function onlyThoseThatWork(skills: readonly UsableSkill[], tools: readonly ToolDescriptor[]): UsableSkill[] {
  const byName = new Map(skills.map((skill) => [skill.name, skill]));
  const works = (name: string, above: readonly string[] = []): boolean => {
    const skill = byName.get(name);
    if (!skill || above.includes(name)) return false;
    return mayAll(tools, skill.tools) && skill.skills.every((inner) => works(inner, [...above, name]));
  };
  return skills.filter(({ name }) => works(name));
}

export const asRecorded = ({ name, version, code }: UsableSkill): RecordedSkill => ({ name, version, code });

/** Reusable functions of a tenant: saved by whoever runs code, promoted by people, run with their caller's rights. */
export function createSkills({ gateway, getRun, blocked, ...store }: SkillsOptions): Skills {
  const loaded = new LRUCache<string, Promise<readonly Skill[]>>({ max: MAX_TENANTS });
  const stop = store.database.onChange(({ topic, tenantId }) => {
    if (topic === 'all') loaded.clear();
    else if (topic === 'skills' && tenantId !== undefined) loaded.delete(tenantId);
  });

  function all(ctx: Ctx): Promise<readonly Skill[]> {
    const known = loaded.get(ctx.tenantId);
    if (known) return known;
    const loading = store.database.inTenant(ctx, readSkills);
    loaded.set(ctx.tenantId, loading);
    loading.catch(() => loaded.delete(ctx.tenantId));
    return loading;
  }

  async function usableAmong(ctx: Ctx, tools: readonly ToolDescriptor[]): Promise<readonly UsableSkill[]> {
    const versions = (await all(ctx)).flatMap((skill) => usableVersion(skill, ctx) ?? []);
    if (versions.length === 0) return versions;
    const stopped = await blocked?.(ctx, versions);
    return onlyThoseThatWork(stopped?.size ? versions.filter(({ name }) => !stopped.has(name)) : versions, tools);
  }

  async function get(ctx: Ctx, name: string, mayDecide: boolean): Promise<Skill> {
    const skill = (await all(ctx)).find((each) => each.name === name);
    const versions = skill ? seenVersions(skill, ctx, mayDecide) : [];
    if (!skill || versions.length === 0) throw noSkill(name);
    return { ...skill, versions };
  }

  /** Changes what this node knows before others hear of it. */
  async function changing<T>(ctx: Ctx, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      loaded.delete(ctx.tenantId);
    }
  }

  /** The code as a skill's module, judged as a run of the caller would be. `besides`: skills that are saved with it. */
  async function made(
    ctx: Ctx,
    wanted: { name: string; code: string; outputType?: string },
    besides: readonly UsableSkill[] = [],
  ) {
    const { name, code, outputType } = wanted;
    const module = skillModule(code, name, outputType);
    if (!module.ok) throw refused(module.findings);
    const tools = await gateway.toolsFor(ctx);
    const usable = [...(await usableAmong(ctx, tools)), ...besides];
    const skills = new Map(usable.map((skill) => [skill.name, asRecorded(skill)]));
    // Under its own name it is what it is about to be, so that a cycle shows as one.
    skills.set(name, { name, version: 0, code: module.skill.code });
    const linked = link(module.skill.code, {
      imports: importCatalog(tools),
      mode: 'enforce',
      limits: TENANT_LIMITS,
      skills,
    });
    if (!linked.ok) throw refused(linked.findings);
    if (linked.skills.some((skill) => skill.name === name))
      throw new AppError(
        'unprocessable',
        `${name} would import itself${linked.skills.length > 1 ? ', by way of others' : ''}: skills may not go round in a circle.`,
        { path: 'code' },
      );
    return { ...module.skill, tools: distinct(linked.own.tools), skills: linked.own.skills };
  }

  async function save(ctx: Ctx, wanted: NewSkill, besides: readonly UsableSkill[] = []) {
    const name = checkSkillName(wanted.name);
    const description = wanted.description.trim();
    if (description === '' || description.length > MAX_DESCRIPTION)
      throw new AppError(
        'unprocessable',
        `description: say in up to ${MAX_DESCRIPTION} characters what the skill does.`,
        { path: 'description' },
      );
    if ((wanted.code === undefined) === (wanted.runId === undefined))
      throw new AppError('unprocessable', 'code: give the code, or the run that it is to be taken from.', {
        path: 'code',
      });
    const run = wanted.runId === undefined ? undefined : await getRun(ctx, wanted.runId);
    if (run && run.status !== 'done')
      throw new AppError(
        'unprocessable',
        `The run ended as ${run.status}: only code that has reached its end can be saved from a run.`,
        { path: 'runId' },
      );
    const outputType = run && run.result !== null ? { outputType: typeOfShape(shapeOf(run.result)) } : {};
    const content = await made(ctx, { name, code: wanted.code ?? run?.code ?? '', ...outputType }, besides);
    return changing(ctx, () => addVersion(store, ctx, { name, description, ...content, runId: run?.id ?? null }));
  }

  return {
    usable: usableAmong,
    async toolsFor(ctx) {
      const tools = await gateway.toolsFor(ctx);
      return withSkills(tools, await usableAmong(ctx, tools));
    },
    async find(ctx, reference, tools) {
      const [name = '', version] = reference.split('@');
      const usable = await usableAmong(ctx, tools);
      if (version === undefined) {
        const found = usable.find((skill) => skill.name === name);
        if (found) return found;
        throw noSkill(reference);
      }
      const skill = await get(ctx, name, false);
      const wanted = skill.versions.find((each) => String(each.version) === version);
      if (!wanted || skill.retiredAt || !mayAll(tools, wanted.tools)) throw noSkill(reference);
      if ((await blocked?.(ctx, [{ name, code: wanted.code }]))?.size) throw noSkill(reference);
      return asUsable(skill, wanted);
    },
    async list(ctx, mayDecide) {
      return (await all(ctx)).flatMap((skill) => {
        const versions = seenVersions(skill, ctx, mayDecide);
        return versions.length === 0 ? [] : [{ ...skill, versions }];
      });
    },
    get,
    save,
    async promote(ctx, wanted) {
      return changing(ctx, () =>
        setPromoted(store, ctx, wanted, (skill, version, all) => {
          requirePerson(ctx);
          const missing = version.skills.filter((name) => {
            const inner = all.find((each) => each.name === name);
            return !inner || inner.promotedVersion === null || inner.retiredAt !== null;
          });
          if (missing.length > 0)
            throw new AppError(
              'conflict',
              `${skill.name} imports ${missing.join(', ')}, which is not promoted: promote that first.`,
              { skills: missing },
            );
          if (reaches(all, version.skills, skill.name))
            throw new AppError(
              'conflict',
              `${skill.name} would import itself by way of others: skills may not go round in a circle.`,
            );
        }),
      );
    },
    async retire(ctx, name) {
      return changing(ctx, () => setRetired(store, ctx, name, () => requirePerson(ctx)));
    },
    async export(ctx, { name, version }, mayDecide) {
      const files = new Map<string, SkillFile['skills'][number]>();
      const add = async (each: string, wanted?: number): Promise<void> => {
        if (files.has(each)) return;
        const skill = await get(ctx, each, mayDecide);
        const number = wanted ?? skill.promotedVersion ?? skill.versions[0]?.version;
        const found = skill.versions.find((one) => one.version === number);
        if (!found)
          throw new AppError('not_found', `${each} has no version ${String(number)} that you may see.`, {
            path: 'version',
          });
        for (const inner of found.skills) await add(inner);
        const { description, code, tools } = found;
        files.set(each, { name: each, description, code, tools: tools.map(({ server, tool }) => ({ server, tool })) });
      };
      await add(name, version);
      return { format: SKILL_FILE_FORMAT, skills: [...files.values()] };
    },
    async import(ctx, file) {
      // All are judged before the first is written: half a file would be a skill without what it imports.
      const besides: UsableSkill[] = [];
      for (const { name, description, code } of file.skills) {
        const content = await made(ctx, { name: checkSkillName(name), code }, besides).catch((error: unknown) => {
          if (error instanceof AppError && error.code === 'unprocessable')
            throw new AppError('unprocessable', `${name}: ${error.message}`, error.details);
          throw error;
        });
        besides.push({ name, description, ...content, version: 0, codeHash: '', isDraft: true });
      }
      const saved = [];
      for (const { name, description, code } of file.skills)
        saved.push(await save(ctx, { name, description, code }, besides));
      return saved;
    },
    close: stop,
  };
}

function distinct(tools: readonly NeededTool[]): NeededTool[] {
  const found = new Map(tools.map(({ server, tool }) => [`${server}.${tool ?? '*'}`, { server, tool }]));
  return [...found.values()].sort((a, b) => (`${a.server}.${a.tool}` < `${b.server}.${b.tool}` ? -1 : 1));
}

/** Whether promoted versions lead from these names to `goal`. */
function reaches(all: readonly Skill[], names: readonly string[], goal: string, seen = new Set<string>()): boolean {
  return names.some((name) => {
    if (name === goal) return true;
    if (seen.has(name)) return false;
    seen.add(name);
    const skill = all.find((each) => each.name === name);
    const promoted = skill?.versions.find(({ version }) => version === skill.promotedVersion);
    return promoted !== undefined && reaches(all, promoted.skills, goal, seen);
  });
}
