import { announce, lockUntilCommit, type Database, type Prisma, type Tx } from '@switchyard/database';
import { AppError, newId, type Clock, type Ctx } from '@switchyard/kernel';
import { codeHash, type Ledger } from '@switchyard/ledger';
import { z } from 'zod';
import { isAuthor, type Skill, type SkillContent, type SkillVersion } from './skill.ts';

const MAX_SKILLS = 500;
const MAX_VERSIONS = 100;

export interface SkillStore {
  readonly database: Pick<Database, 'inTenant'>;
  readonly appendAudit: Ledger['appendAudit'];
  readonly clock: Clock;
}

const storedTools = z.array(z.object({ server: z.string(), tool: z.string().nullable() })).catch([]);
const storedNames = z.array(z.string()).catch([]);

type Row = Prisma.SkillGetPayload<{ include: { versions: true } }>;

const toVersion = (row: Row['versions'][number]): SkillVersion => ({
  version: row.version,
  description: row.description,
  code: row.code,
  codeHash: row.codeHash,
  declaration: row.declaration,
  inputType: row.inputType,
  outputType: row.outputType,
  tools: storedTools.parse(row.tools),
  skills: storedNames.parse(row.skills),
  authorKind: row.authorKind,
  authorId: row.authorId,
  authorName: row.authorName,
  runId: row.runId,
  promotedAt: row.promotedAt,
  promotedBy: row.promotedBy,
  createdAt: row.createdAt,
});

const toSkill = ({ id, name, promotedVersion, retiredAt, updatedAt, versions }: Row): Skill => ({
  id,
  name,
  promotedVersion,
  retiredAt,
  updatedAt,
  versions: versions.map(toVersion),
});

const WITH_VERSIONS = { versions: { orderBy: { version: 'desc' } } } as const;

export const readSkills = async (tx: Tx): Promise<Skill[]> =>
  (await tx.skill.findMany({ include: WITH_VERSIONS, orderBy: { name: 'asc' } })).map(toSkill);

export async function readSkill(tx: Tx, name: string): Promise<Skill | undefined> {
  const row = await tx.skill.findFirst({ where: { name }, include: WITH_VERSIONS });
  return row ? toSkill(row) : undefined;
}

/** Changes of one skill come one after the other. */
const lockSkill = (tx: Tx, ctx: Ctx, name: string): Promise<void> =>
  lockUntilCommit(tx, `skill:${ctx.tenantId}:${name}`);

const noSkill = (name: string): AppError =>
  new AppError('not_found', `There is no skill ${name} in this tenant.`, { path: 'name' });

/** Adds a version; the same code and description as the newest of the same author is that one. */
export function addVersion(
  { database, appendAudit }: SkillStore,
  ctx: Ctx,
  wanted: SkillContent & { readonly name: string; readonly runId?: string | null },
): Promise<{ skill: Skill; version: SkillVersion }> {
  const { name, runId = null, tools, skills, ...content } = wanted;
  const hash = codeHash(content.code);
  return database.inTenant(ctx, async (tx) => {
    await lockSkill(tx, ctx, name);
    const before = await readSkill(tx, name);
    const [newest] = before?.versions ?? [];
    const isSame = newest && newest.codeHash === hash && newest.description === content.description;
    if (before && newest && isSame && isAuthor(newest, ctx)) return { skill: before, version: newest };
    if (!before && (await tx.skill.count()) >= MAX_SKILLS)
      throw new AppError(
        'unprocessable',
        `A tenant may have ${MAX_SKILLS} skills: ask an admin to retire and remove some.`,
      );
    if (before && before.versions.length >= MAX_VERSIONS)
      throw new AppError(
        'unprocessable',
        `${name} has ${MAX_VERSIONS} versions, which is all it may have: save it by another name.`,
      );
    const id = before?.id ?? newId();
    if (!before) await tx.skill.create({ data: { id, tenantId: ctx.tenantId, name } });
    const version = (newest?.version ?? 0) + 1;
    await tx.skillVersion.create({
      data: {
        id: newId(),
        tenantId: ctx.tenantId,
        skillId: id,
        version,
        ...content,
        codeHash: hash,
        tools: tools.map(({ server, tool }) => ({ server, tool })),
        skills: [...skills],
        authorKind: ctx.principal.kind,
        authorId: ctx.principal.id,
        authorName: ctx.principal.name,
        runId,
      },
    });
    await announce(tx, ctx.tenantId, 'skills');
    const after = { name, version, tools, skills, ...(runId === null ? {} : { runId }) };
    await appendAudit(tx, ctx, { action: 'skill.saved', target: { kind: 'skill', id }, after, codeHash: hash });
    const skill = await readSkill(tx, name);
    const saved = skill?.versions.find((each) => each.version === version);
    if (!skill || !saved) throw new Error('a skill that was written is not there');
    return { skill, version: saved };
  });
}

export function setPromoted(
  { database, appendAudit, clock }: SkillStore,
  ctx: Ctx,
  { name, version }: { name: string; version: number },
  check: (skill: Skill, version: SkillVersion, all: readonly Skill[]) => void,
): Promise<Skill> {
  return database.inTenant(ctx, async (tx) => {
    await lockSkill(tx, ctx, name);
    const all = await readSkills(tx);
    const skill = all.find((each) => each.name === name);
    const found = skill?.versions.find((each) => each.version === version);
    if (!skill) throw noSkill(name);
    if (!found) throw new AppError('not_found', `${name} has no version ${version}.`, { path: 'version' });
    check(skill, found, all);
    if (skill.promotedVersion === version && !skill.retiredAt) return skill;
    await tx.skill.update({ where: { id: skill.id }, data: { promotedVersion: version, retiredAt: null } });
    await tx.skillVersion.update({
      where: { skillId_version: { skillId: skill.id, version } },
      data: { promotedAt: clock.now(), promotedBy: ctx.principal.name },
    });
    await announce(tx, ctx.tenantId, 'skills');
    await appendAudit(tx, ctx, {
      action: 'skill.promoted',
      target: { kind: 'skill', id: skill.id },
      before: { name, version: skill.promotedVersion, retired: skill.retiredAt !== null },
      after: { name, version, author: found.authorName },
      codeHash: found.codeHash,
    });
    return (await readSkill(tx, name)) ?? skill;
  });
}

export function setRetired(
  { database, appendAudit, clock }: SkillStore,
  ctx: Ctx,
  name: string,
  check: () => void,
): Promise<Skill> {
  return database.inTenant(ctx, async (tx) => {
    await lockSkill(tx, ctx, name);
    const skill = await readSkill(tx, name);
    if (!skill) throw noSkill(name);
    check();
    if (skill.retiredAt) return skill;
    await tx.skill.update({ where: { id: skill.id }, data: { retiredAt: clock.now() } });
    await announce(tx, ctx.tenantId, 'skills');
    await appendAudit(tx, ctx, {
      action: 'skill.retired',
      target: { kind: 'skill', id: skill.id },
      before: { name, version: skill.promotedVersion },
    });
    return (await readSkill(tx, name)) ?? skill;
  });
}
