import { AppError, type Ctx } from '@switchyard/kernel';

/** A tool that a skill imports; `tool` is null where it imports a server whole. */
export interface NeededTool {
  readonly server: string;
  readonly tool: string | null;
}

/** What makes a version: written once, and never changed. */
export interface SkillContent {
  readonly description: string;
  readonly code: string;
  readonly declaration: string;
  readonly inputType: string;
  readonly outputType: string;
  readonly tools: readonly NeededTool[];
  /** Skills that it imports. */
  readonly skills: readonly string[];
}

export interface SkillVersion extends SkillContent {
  readonly version: number;
  readonly codeHash: string;
  readonly authorKind: string;
  readonly authorId: string;
  readonly authorName: string;
  readonly runId: string | null;
  readonly promotedAt: Date | null;
  readonly promotedBy: string | null;
  readonly createdAt: Date;
}

export interface Skill {
  readonly id: string;
  readonly name: string;
  readonly promotedVersion: number | null;
  readonly retiredAt: Date | null;
  readonly updatedAt: Date;
  /** Newest first. */
  readonly versions: readonly SkillVersion[];
}

export const SKILL_STATES = ['draft', 'promoted', 'retired'] as const;
export type SkillState = (typeof SKILL_STATES)[number];

export const stateOf = (skill: Pick<Skill, 'promotedVersion' | 'retiredAt'>): SkillState =>
  skill.retiredAt ? 'retired' : skill.promotedVersion === null ? 'draft' : 'promoted';

/** A skill as a caller's code gets it: one version of it. */
export interface UsableSkill extends SkillContent {
  readonly name: string;
  readonly version: number;
  readonly codeHash: string;
  readonly isDraft: boolean;
}

const NAME = /^[a-z][A-Za-z0-9]{1,63}$/;
const TAKEN = new Set(
  `abstract arguments await async break case catch class const constructor continue debugger default delete do else enum
   eval export extends false finally for function get if implements import in index instanceof interface let new null of
   package private protected prototype public return set static super switch then this throw true try type typeof
   undefined var void while with workspace yield`.split(/\s+/),
);

/** Throws AppError `unprocessable` for what cannot be imported by its name. */
export function checkSkillName(name: string): string {
  if (NAME.test(name) && !TAKEN.has(name)) return name;
  throw new AppError(
    'unprocessable',
    `name: "${name.slice(0, 70)}" is no name for a skill: use one such as topSellers.`,
    {
      path: 'name',
    },
  );
}

export const isAuthor = (
  version: Pick<SkillVersion, 'authorKind' | 'authorId'>,
  { principal }: Pick<Ctx, 'principal'>,
): boolean => version.authorKind === principal.kind && version.authorId === principal.id;

/** The versions that a caller may see: those that were promoted, and drafts of their own; all of them for who decides. */
export const seenVersions = (skill: Skill, ctx: Pick<Ctx, 'principal'>, mayDecide: boolean): SkillVersion[] =>
  skill.versions.filter((version) => mayDecide || version.promotedAt !== null || isAuthor(version, ctx));

/**
 * The version that a name stands for: the promoted one; while there is none, the caller's own newest draft. A draft never
 * stands over what a person has promoted, so that a model cannot change under its key what others' prompts call.
 */
export function usableVersion(skill: Skill, ctx: Pick<Ctx, 'principal'>): UsableSkill | undefined {
  if (skill.retiredAt) return undefined;
  const found =
    skill.promotedVersion === null
      ? skill.versions.find((version) => isAuthor(version, ctx))
      : skill.versions.find(({ version }) => version === skill.promotedVersion);
  return found && asUsable(skill, found);
}

export function asUsable(skill: Skill, found: SkillVersion): UsableSkill {
  const { version, codeHash, description, code, declaration, inputType, outputType, tools, skills } = found;
  const isDraft = skill.promotedVersion !== version;
  return {
    name: skill.name,
    version,
    codeHash,
    description,
    code,
    declaration,
    inputType,
    outputType,
    tools,
    skills,
    isDraft,
  };
}
