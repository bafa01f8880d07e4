import { graphql } from '../gql/index.ts';
import type { OverviewQuery } from '../gql/graphql.ts';

export const OverviewDocument = graphql(`
  query Overview($days: Int!) {
    overview(days: $days) {
      days {
        day
        done
        rejected
        failed
        limit
        crashed
        tokensReturned
        tokensKeptOut
      }
      runs
      failedShare
      p50Ms
      p95Ms
      tokensReturned
      tokensKeptOut
      deniedCalls
      tools {
        server
        tool
        calls
        failed
        medianMs
      }
    }
  }
`);

export type Overview = OverviewQuery['overview'];
