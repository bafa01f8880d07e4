import { graphql } from '../../gql/index.ts';
import type { ApiKeysQuery } from '../../gql/graphql.ts';

export const ApiKeysDocument = graphql(`
  query ApiKeys {
    apiKeys {
      id
      name
      prefix
      scopes
      createdAt
      expiresAt
      lastUsedAt
      createdBy
    }
  }
`);

export const CreateApiKeyDocument = graphql(`
  mutation CreateApiKey($name: String!, $scopes: [String!]!, $expiresInDays: Int) {
    createApiKey(name: $name, scopes: $scopes, expiresInDays: $expiresInDays) {
      key
      apiKey {
        id
        name
      }
    }
  }
`);

export const RevokeApiKeyDocument = graphql(`
  mutation RevokeApiKey($id: ID!) {
    revokeApiKey(id: $id)
  }
`);

export type ApiKey = ApiKeysQuery['apiKeys'][number];
