import { graphql } from '../../gql/index.ts';
import type { PolicyQuery, PolicyVersionsQuery, ReplayDecisionsQuery } from '../../gql/graphql.ts';

export const PolicyDocument = graphql(`
  query Policy {
    policy {
      revision
      mode
      moduleRevision
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
  mutation SetGrants($expectedRevision: Int!, $changes: [GrantChange!]!, $comment: String) {
    setGrants(expectedRevision: $expectedRevision, changes: $changes, comment: $comment) {
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

export const ReplayDecisionsDocument = graphql(`
  query ReplayDecisions(
    $changes: [GrantChange!]!
    $rule: PolicyRuleInput
    $ruleId: ID
    $moduleRevision: Int
    $cursor: String
    $limit: Int!
  ) {
    replayDecisions(
      changes: $changes
      rule: $rule
      ruleId: $ruleId
      moduleRevision: $moduleRevision
      cursor: $cursor
      limit: $limit
    ) {
      examined
      changedSince
      next
      differences {
        principalKind
        principalId
        principalName
        server
        tool
        outcome
        count
        firstAt
        lastAt
        decisionId
      }
    }
  }
`);

export const PolicyVersionsDocument = graphql(`
  query PolicyVersions($before: Int, $limit: Int!) {
    policyVersions(before: $before, limit: $limit) {
      revision
      mode
      grantCount
      comment
      createdBy
      createdAt
    }
  }
`);

export const PolicyVersionDocument = graphql(`
  query PolicyVersion($revision: Int!) {
    policyVersion(revision: $revision) {
      rules
      moduleRevision
      grants {
        subjectKind
        subject
        server
        tool
        effect
      }
    }
  }
`);

export const RollBackPolicyDocument = graphql(`
  mutation RollBackPolicy($revision: Int!, $expectedRevision: Int!, $comment: String) {
    rollBackPolicy(revision: $revision, expectedRevision: $expectedRevision, comment: $comment) {
      revision
    }
  }
`);

export type ReplayDifference = ReplayDecisionsQuery['replayDecisions']['differences'][number];
export type PolicyVersion = PolicyVersionsQuery['policyVersions'][number];
export type Policy = PolicyQuery['policy'];
