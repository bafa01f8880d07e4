import { graphql } from '../../../gql/index.ts';
import type { PolicyRulesQuery } from '../../../gql/graphql.ts';

export const PolicyRulesDocument = graphql(`
  query PolicyRules {
    policyRules {
      revision
      rules {
        id
        name
        server
        tool
        subjects {
          kind
          name
        }
        when
        effect
        reason
        createdBy
        updatedAt
      }
    }
  }
`);

export const SavePolicyRuleDocument = graphql(`
  mutation SavePolicyRule($id: ID, $rule: PolicyRuleInput!, $expectedRevision: Int) {
    savePolicyRule(id: $id, rule: $rule, expectedRevision: $expectedRevision) {
      revision
    }
  }
`);

export const RemovePolicyRuleDocument = graphql(`
  mutation RemovePolicyRule($id: ID!, $expectedRevision: Int) {
    removePolicyRule(id: $id, expectedRevision: $expectedRevision) {
      revision
    }
  }
`);

export type RuleRow = PolicyRulesQuery['policyRules']['rules'][number];
