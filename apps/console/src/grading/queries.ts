import { graphql } from '../gql/index.ts';
import type { BlindPairsQuery, PairSummaryQuery, SampledAnswersQuery } from '../gql/graphql.ts';

export const BlindPairsDocument = graphql(`
  query BlindPairs($comparison: ID) {
    blindPairs(comparison: $comparison) {
      id
      question
      first
      second
      scripted
      choice
    }
  }
`);

export const PairSummaryDocument = graphql(`
  query PairSummary($comparison: ID) {
    pairSummary(comparison: $comparison) {
      pairs
      graded
      scripted
      preferred {
        preference
        grades
      }
      graders {
        name
        grades
      }
      betweenPeople {
        same
        of
      }
      withMachine {
        same
        of
      }
    }
  }
`);

export const GradePairDocument = graphql(`
  mutation GradePair($id: ID!, $choice: PairChoice!) {
    gradePair(id: $id, choice: $choice) {
      id
      choice
    }
  }
`);

export const SampledAnswersDocument = graphql(`
  query SampledAnswers {
    sampledAnswers(graded: false, limit: 50) {
      items {
        id
        conversation
        scripted
        question
        answer
        answeredAt
      }
    }
    gradeCounts {
      arm
      waiting
      correct
      partly
      wrong
      scripted
    }
  }
`);

export const GradeAnswerDocument = graphql(`
  mutation GradeAnswer($id: ID!, $grade: Grade!, $comment: String) {
    gradeAnswer(id: $id, grade: $grade, comment: $comment) {
      id
    }
  }
`);

export type BlindPair = BlindPairsQuery['blindPairs'][number];
export type Summary = PairSummaryQuery['pairSummary'];
export type SampledAnswer = SampledAnswersQuery['sampledAnswers']['items'][number];
export type GradeCount = SampledAnswersQuery['gradeCounts'][number];
