import { stateOf, type Skill } from '@switchyard/runs';
import type { SkillBody } from './contract.ts';

export const toSkillBody = (skill: Skill): SkillBody => ({
  name: skill.name,
  state: stateOf(skill),
  promotedVersion: skill.promotedVersion,
  versions: skill.versions.map(
    ({ authorKind: _kind, authorId: _id, authorName, runId, promotedAt, createdAt, tools, skills, ...rest }) => ({
      ...rest,
      tools: tools.map(({ server, tool }) => ({ server, tool })),
      skills: [...skills],
      author: authorName,
      run: runId,
      promotedAt: promotedAt?.toISOString() ?? null,
      createdAt: createdAt.toISOString(),
    }),
  ),
});
