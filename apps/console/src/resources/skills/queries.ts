import { graphql } from '../../gql/index.ts';
import type { SkillQuery, SkillsQuery } from '../../gql/graphql.ts';

export const SkillsDocument = graphql(`
  query Skills {
    skills {
      id
      name
      state
      promotedVersion
      updatedAt
      versions {
        version
        description
        authorName
        createdAt
        tools {
          server
          tool
        }
      }
    }
  }
`);

export const SkillDocument = graphql(`
  query Skill($name: String!) {
    skill(name: $name) {
      id
      name
      state
      promotedVersion
      updatedAt
      versions {
        version
        description
        code
        codeHash
        declaration
        inputType
        outputType
        tools {
          server
          tool
        }
        skills
        authorName
        runId
        promotedAt
        promotedBy
        createdAt
      }
    }
  }
`);

export const ExportSkillDocument = graphql(`
  query ExportSkill($name: String!, $version: Int) {
    exportSkill(name: $name, version: $version)
  }
`);

export const SaveSkillDocument = graphql(`
  mutation SaveSkill($name: String!, $description: String!, $code: String, $runId: ID) {
    saveSkill(name: $name, description: $description, code: $code, runId: $runId) {
      id
      name
      versions {
        version
      }
    }
  }
`);

export const ImportSkillsDocument = graphql(`
  mutation ImportSkills($file: JSON!) {
    importSkills(file: $file) {
      id
      name
    }
  }
`);

export const PromoteSkillDocument = graphql(`
  mutation PromoteSkill($name: String!, $version: Int!) {
    promoteSkill(name: $name, version: $version) {
      id
    }
  }
`);

export const RetireSkillDocument = graphql(`
  mutation RetireSkill($name: String!) {
    retireSkill(name: $name) {
      id
    }
  }
`);

export type SkillRow = SkillsQuery['skills'][number];
export type Skill = SkillQuery['skill'];
export type SkillVersion = Skill['versions'][number];
