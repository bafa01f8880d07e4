import { graphql } from '../gql/index.ts';
import type { LimitsQuery } from '../gql/graphql.ts';

export const LimitsDocument = graphql(`
  query Limits {
    limits {
      effective {
        ...LimitFigures
      }
      ceiling {
        ...LimitFigures
      }
    }
  }
  fragment LimitFigures on LimitValues {
    requestsPerMinute
    executionsPerMinute
    concurrentExecutions
    concurrentChats
  }
`);

export const SetLimitsDocument = graphql(`
  mutation SetLimits($input: LimitsInput!) {
    setLimits(input: $input) {
      effective {
        requestsPerMinute
      }
    }
  }
`);

export type Limits = LimitsQuery['limits'];
