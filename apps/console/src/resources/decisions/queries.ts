import { graphql } from '../../gql/index.ts';
import type { DecisionsQuery } from '../../gql/graphql.ts';

export const DecisionsDocument = graphql(`
  query Decisions($filter: DecisionFilter, $cursor: String, $limit: Int!) {
    decisions(filter: $filter, cursor: $cursor, limit: $limit) {
      next
      items {
        id
        at
        runId
        principalKind
        principalId
        principalName
        role
        surface
        server
        tool
        effect
        reasons {
          code
          message
        }
        grants {
          subjectKind
          subject
          server
          tool
          effect
        }
        input
        revision
        mode
        durationUs
        moduleRevision
      }
    }
  }
`);

export const SimulateDecisionDocument = graphql(`
  query SimulateDecision($question: PolicyQuestion!) {
    simulateDecision(question: $question) {
      effect
      reasons {
        code
        message
      }
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

export type Decision = DecisionsQuery['decisions']['items'][number];
