import { graphql } from '../../gql/index.ts';
import type { PricesQuery } from '../../gql/graphql.ts';

export const PricesDocument = graphql(`
  query Prices {
    prices {
      id
      provider
      model
      validFrom
      sourceUrl
      sourceDate
      status
      listed
      doubt
      createdBy
      createdAt
      decidedBy
      decidedAt
      tiers {
        aboveInputTokens
        inputMicros
        cachedInputMicros
        outputMicros
        reasoningMicros
      }
    }
  }
`);

export const AddPriceDocument = graphql(`
  mutation AddPrice($input: PriceInput!) {
    addPrice(input: $input) {
      status
      doubt
    }
  }
`);

export const DecidePriceDocument = graphql(`
  mutation DecidePrice($id: ID!, $accept: Boolean!) {
    decidePrice(id: $id, accept: $accept) {
      id
    }
  }
`);

export const RepriceDocument = graphql(`
  mutation Reprice($input: RepriceInput!) {
    repriceUsage(input: $input) {
      calls
      corrected
      differenceMicros
    }
  }
`);

export type Price = PricesQuery['prices'][number];
export type Tier = Price['tiers'][number];
