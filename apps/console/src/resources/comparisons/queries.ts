import { graphql } from '../../gql/index.ts';
import type { ComparisonReportQuery, ComparisonRowFragment, SuitesQuery } from '../../gql/graphql.ts';

export const ComparisonsDocument = graphql(`
  query Comparisons($suite: String, $cursor: String, $limit: Int!) {
    comparisons(suite: $suite, cursor: $cursor, limit: $limit) {
      next
      items {
        ...ComparisonRow
      }
    }
  }
  fragment ComparisonRow on Comparison {
    id
    suite
    suiteVersion
    baselineArm
    candidateArm
    status
    caseCount
    doneCount
    withWrites
    startedByName
    startedAt
    finishedAt
  }
`);

export const SuitesDocument = graphql(`
  query Suites {
    suites {
      name
      title
      description
      requires
      cases {
        id
        writes
      }
    }
  }
`);

export const ComparisonReportDocument = graphql(`
  query ComparisonReport($id: ID!) {
    comparisonReport(id: $id) {
      notice
      comparison {
        ...ComparisonRow
      }
      figures {
        cases
        equivalent
        different
        unclear
        equivalentPercent
        models
        savedTokensPercent
        savedCostPercent
        baseline {
          ...ComparedArmFigures
        }
        candidate {
          ...ComparedArmFigures
        }
        categories {
          category
          cases
          equivalent
          baselineTokens
          candidateTokens
          savedTokensPercent
        }
        targets {
          name
          target
          measured
          met
          why
        }
      }
      cases {
        caseId
        category
        question
        verdict
        baseline {
          ...ArmAnswer
        }
        candidate {
          ...ArmAnswer
        }
        judgement {
          score
          reasons
          jaccard
          cosine
        }
      }
    }
  }
  fragment ComparedArmFigures on ComparedArm {
    inputTokens
    cachedInputTokens
    outputTokens
    tokens
    tokensEstimated
    costMicros
    p50Ms
    p95Ms
    modelCalls
    toolCalls
    errors
    right
  }
  fragment ArmAnswer on CaseAnswer {
    text
    tools
    runs
    inputTokens
    outputTokens
    latencyMs
    costMicros
    scripted
    error
  }
`);

/** Only when somebody takes it away: it is all of the report once more. */
export const ComparisonFileDocument = graphql(`
  query ComparisonFile($id: ID!) {
    comparisonReport(id: $id) {
      markdown
      json
    }
  }
`);

export const StartComparisonDocument = graphql(`
  mutation StartComparison($input: StartComparison!) {
    startComparison(input: $input) {
      id
    }
  }
`);

export const ResumeComparisonDocument = graphql(`
  mutation ResumeComparison($id: ID!) {
    resumeComparison(id: $id) {
      id
    }
  }
`);

export const CancelComparisonDocument = graphql(`
  mutation CancelComparison($id: ID!) {
    cancelComparison(id: $id) {
      id
    }
  }
`);

export type ComparisonRow = ComparisonRowFragment;
export type Suite = SuitesQuery['suites'][number];
export type Report = ComparisonReportQuery['comparisonReport'];
export type Figures = Report['figures'];
export type ArmFigures = Figures['baseline'];
export type ComparedCase = Report['cases'][number];
export type Answer = ComparedCase['baseline'];
