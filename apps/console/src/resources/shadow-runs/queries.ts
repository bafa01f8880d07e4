import { graphql } from '../../gql/index.ts';
import type { ShadowRunsQuery } from '../../gql/graphql.ts';

export const ShadowRunsDocument = graphql(`
  query ShadowRuns($verdict: EquivalenceVerdict, $cursor: String, $limit: Int!) {
    shadowRuns(verdict: $verdict, cursor: $cursor, limit: $limit) {
      next
      items {
        id
        conversation
        servedArm
        shadowArm
        status
        verdict
        question
        error
        scripted
        costMicros
        startedAt
        served {
          ...ArmAnswer
        }
        shadow {
          ...ArmAnswer
        }
        equivalence {
          reasons
        }
      }
    }
  }
`);

export const ShadowSummaryDocument = graphql(`
  query ShadowSummary {
    shadowSummary {
      equivalent
      different
      unclear
      failed
      scripted
      runsToday
      costTodayMicros
    }
    sampling {
      shadowBasisPoints
      shadowRunsPerDay
      shadowBudgetMicros
    }
  }
`);

export type ShadowRun = ShadowRunsQuery['shadowRuns']['items'][number];
