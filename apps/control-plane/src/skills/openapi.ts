import { json, ok, path, query, refusals } from '../http/openapi-parts.ts';
import { ExportQuery, PromoteBody, SaveSkillBody, SkillBody, SkillFileBody, SkillList } from './contract.ts';

/** The skills' part of the OpenAPI document. */
export const skillPaths = {
  '/v1/skills': {
    get: {
      operationId: 'listSkills',
      summary: 'Skills: promoted ones, and drafts of your own.',
      responses: { ...ok(SkillList, 'The skills.'), ...refusals(401, 403) },
    },
    post: {
      operationId: 'saveSkill',
      summary: 'Saves code as a new version of a skill. A draft until a person promotes it.',
      description: 'Scope runs.',
      requestBody: { required: true, content: json(SaveSkillBody, 'input') },
      responses: {
        201: { description: 'The skill.', content: json(SkillBody, 'output') },
        ...refusals(401, 403, 404, 422),
      },
    },
  },
  '/v1/skills/import': {
    post: {
      operationId: 'importSkills',
      summary: 'Saves the skills of an exported file as drafts: all of them, or none.',
      requestBody: { required: true, content: json(SkillFileBody, 'input') },
      responses: {
        201: { description: 'The drafts.', content: json(SkillList, 'output') },
        ...refusals(401, 403, 422),
      },
    },
  },
  '/v1/skills/{name}': {
    get: {
      operationId: 'getSkill',
      summary: 'One skill with its versions.',
      parameters: [path('name')],
      responses: { ...ok(SkillBody, 'The skill.'), ...refusals(401, 403, 404) },
    },
  },
  '/v1/skills/{name}/export': {
    get: {
      operationId: 'exportSkill',
      summary: 'A skill and those that it imports, as a file for another tenant.',
      parameters: [path('name'), ...query(ExportQuery)],
      responses: { ...ok(SkillFileBody, 'The file.'), ...refusals(401, 403, 404, 422) },
    },
  },
  '/v1/skills/{name}/promote': {
    post: {
      operationId: 'promoteSkill',
      summary: 'Gives a version to everybody. For a signed-in owner, admin or reviewer; keys are refused.',
      parameters: [path('name')],
      requestBody: { required: true, content: json(PromoteBody, 'input') },
      responses: { ...ok(SkillBody, 'The skill.'), ...refusals(401, 403, 404, 409, 422) },
    },
  },
  '/v1/skills/{name}/retire': {
    post: {
      operationId: 'retireSkill',
      summary: 'Takes a skill from everybody. For a signed-in owner, admin or reviewer; keys are refused.',
      parameters: [path('name')],
      responses: { ...ok(SkillBody, 'The skill.'), ...refusals(401, 403, 404) },
    },
  },
} as const;
