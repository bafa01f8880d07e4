import { graphql } from '../../gql/index.ts';
import type { PolicyQuery } from '../../gql/graphql.ts';

export const PolicyDocument = graphql(`
  query Policy {
    policy {
      revision
      mode
      grants {
        id
        subjectKind
        subject
        server
        tool
        effect
        createdBy
        createdAt
      }
    }
  }
`);

export const SetGrantsDocument = graphql(`
  mutation SetGrants($expectedRevision: Int!, $changes: [GrantChange!]!) {
    setGrants(expectedRevision: $expectedRevision, changes: $changes) {
      revision
    }
  }
`);

export const SetPolicyModeDocument = graphql(`
  mutation SetPolicyMode($mode: PolicyMode!) {
    setPolicyMode(mode: $mode) {
      revision
      mode
    }
  }
`);

export type Policy = PolicyQuery['policy'];
