import { graphql } from '../../gql/index.ts';
import type { BlocksQuery, ReviewQuery, ReviewsQuery } from '../../gql/graphql.ts';

export const ReviewsDocument = graphql(`
  query Reviews($filter: ReviewFilter, $cursor: String, $limit: Int!) {
    reviews(filter: $filter, cursor: $cursor, limit: $limit) {
      next
      items {
        ...ReviewRow
      }
    }
  }
  fragment ReviewRow on ReviewItem {
    id
    runId
    reasons
    status
    verdict
    codeHash
    surface
    principalKind
    principalId
    principalName
    runStatus
    calls
    denied
    skills
    createdAt
    closedAt
  }
`);

export const ReviewDocument = graphql(`
  query Review($id: ID!) {
    review(id: $id) {
      item {
        ...ReviewRow
        shape
      }
      verdicts {
        verdict
        comment
        reviewerName
        reviewerId
        at
      }
      similar {
        ...ReviewRow
      }
      earlierRuns {
        id
        status
        principalName
        startedAt
        codeHash
        callCount
        deniedCount
      }
      costMicros
      run {
        ...WholeRun
      }
    }
  }
`);

export const ReviewQueueDocument = graphql(`
  query ReviewQueue {
    reviewCounts {
      open
      second
      closed
    }
    second: reviews(filter: { status: second }, limit: 100) {
      items {
        id
      }
    }
    open: reviews(filter: { status: open }, limit: 100) {
      items {
        id
      }
    }
  }
`);

export const GiveVerdictDocument = graphql(`
  mutation GiveVerdict($input: VerdictInput!) {
    giveVerdict(input: $input) {
      item {
        id
        status
      }
    }
  }
`);

export const ReviewRulesDocument = graphql(`
  query ReviewRules {
    reviewRules {
      destructive
      denied
      firstUse
      newShape
      restBasisPoints
    }
  }
`);

export const SetReviewRulesDocument = graphql(`
  mutation SetReviewRules($input: ReviewRulesInput!) {
    setReviewRules(input: $input) {
      restBasisPoints
    }
  }
`);

export const BlocksDocument = graphql(`
  query Blocks {
    blocks {
      id
      kind
      value
      reason
      runId
      itemId
      createdBy
      createdAt
      liftedBy
      liftedAt
    }
  }
`);

export const LiftBlockDocument = graphql(`
  mutation LiftBlock($id: ID!) {
    liftBlock(id: $id) {
      id
    }
  }
`);

export const ReviewOfRunDocument = graphql(`
  query ReviewOfRun($runId: ID!) {
    reviewsOfRun(runId: $runId) {
      id
      status
      verdict
    }
  }
`);

export const AskForReviewDocument = graphql(`
  mutation AskForReview($runId: ID!) {
    askForReview(runId: $runId) {
      id
    }
  }
`);

export type ReviewRow = ReviewsQuery['reviews']['items'][number];
export type Reviewed = ReviewQuery['review'];
export type Block = BlocksQuery['blocks'][number];
