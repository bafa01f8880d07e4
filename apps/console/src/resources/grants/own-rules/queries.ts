import { graphql } from '../../../gql/index.ts';
import type { PolicyModulesQuery, UploadPolicyModuleMutation } from '../../../gql/graphql.ts';

export const PolicyModulesDocument = graphql(`
  query PolicyModules {
    policyModules {
      revision
      inForce
      compiler
      missing
      items {
        revision
        comment
        testCount
        compiler
        hash
        createdBy
        createdAt
      }
    }
  }
`);

export const PolicyModuleDocument = graphql(`
  query PolicyModule($revision: Int!) {
    policyModule(revision: $revision) {
      revision
      source
      tests
    }
  }
`);

export const UploadPolicyModuleDocument = graphql(`
  mutation UploadPolicyModule($source: String!, $tests: String!, $comment: String) {
    uploadPolicyModule(source: $source, tests: $tests, comment: $comment) {
      module {
        revision
      }
      problems {
        file
        line
        column
        message
      }
    }
  }
`);

export const PublishPolicyModuleDocument = graphql(`
  mutation PublishPolicyModule($revision: Int, $expectedRevision: Int!, $comment: String) {
    publishPolicyModule(revision: $revision, expectedRevision: $expectedRevision, comment: $comment) {
      inForce
    }
  }
`);

export type Modules = PolicyModulesQuery['policyModules'];
export type ModuleRow = Modules['items'][number];
export type ModuleProblem = UploadPolicyModuleMutation['uploadPolicyModule']['problems'][number];
