import { graphql } from '../gql/index.ts';
import type { AccountsQuery } from '../gql/graphql.ts';

export const AccountsDocument = graphql(`
  query Accounts {
    accounts {
      connectionId
      name
      title
      account {
        state
        account
        issuer
        scopes
        connectedBy
        connectedAt
        endsAt
        renewedAt
        problem
      }
    }
  }
`);

export const ConnectAccountDocument = graphql(`
  mutation ConnectAccount($connectionId: ID!) {
    connectAccount(connectionId: $connectionId) {
      url
    }
  }
`);

export const DisconnectAccountDocument = graphql(`
  mutation DisconnectAccount($connectionId: ID!) {
    disconnectAccount(connectionId: $connectionId) {
      revoked
    }
  }
`);

export const TestCredentialDocument = graphql(`
  mutation TestCredential($connectionId: ID!) {
    testCredential(connectionId: $connectionId) {
      works
      message
    }
  }
`);

export type Account = AccountsQuery['accounts'][number]['account'];
