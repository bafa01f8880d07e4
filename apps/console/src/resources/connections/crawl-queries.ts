import { graphql } from '../../gql/index.ts';
import type { SiteCrawlsQuery } from '../../gql/graphql.ts';

export const SiteCrawlsDocument = graphql(`
  query SiteCrawls {
    siteCrawls(limit: 20) {
      id
      site
      startUrl
      state
      known
      read
      added
      changed
      unchanged
      removed
      forbidden
      problems
      leftOut
      error
      startedBy
      createdAt
      finishedAt
    }
  }
`);

export const SiteCrawlDocument = graphql(`
  query SiteCrawl($id: ID!, $outcome: String) {
    siteCrawl(id: $id) {
      id
      outcomes {
        outcome
        count
      }
      addresses(outcome: $outcome, limit: 100) {
        url
        outcome
        detail
      }
    }
  }
`);

export const StartSiteCrawlDocument = graphql(`
  mutation StartSiteCrawl($input: StartSiteCrawlInput!) {
    startSiteCrawl(input: $input) {
      id
      site
    }
  }
`);

export const CancelSiteCrawlDocument = graphql(`
  mutation CancelSiteCrawl($id: ID!) {
    cancelSiteCrawl(id: $id) {
      id
      state
    }
  }
`);

export type SiteCrawl = SiteCrawlsQuery['siteCrawls'][number];
