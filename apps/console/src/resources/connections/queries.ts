import { graphql } from '../../gql/index.ts';
import type { CatalogueSyncQuery, ConnectionQuery, ConnectionsQuery, PresetsQuery } from '../../gql/graphql.ts';

export const ConnectionsDocument = graphql(`
  query Connections {
    connections {
      id
      name
      title
      kind
      preset
      url
      enabled
      health
      healthDetail
      checkedAt
      serverName
      serverVersion
      toolCount
      heldCount
    }
  }
`);

export const ConnectionDocument = graphql(`
  query Connection($id: ID!) {
    connection(id: $id) {
      id
      name
      title
      kind
      preset
      url
      command {
        command
        args
        env
      }
      oauth
      oauthScopes
      oauthRedirectUrl
      oauthClient {
        clientId
        hasSecret
      }
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
      enabled
      timeoutMs
      maxConcurrency
      health
      healthDetail
      checkedAt
      protocolVersion
      serverName
      serverVersion
      instructions
      secrets {
        name
        updatedAt
      }
      toolCount
      heldCount
      createdAt
      updatedAt
    }
  }
`);

export const CatalogueSyncDocument = graphql(`
  query CatalogueSync($id: ID!) {
    connection(id: $id) {
      id
      catalogueSync {
        id
        state
        seen
        added
        changed
        unchanged
        removed
        withoutSku
        conflicts
        sample {
          sku
          change
          fields
        }
        error
        createdAt
        finishedAt
      }
      syncEveryHours
    }
  }
`);

export const StartCatalogueSyncDocument = graphql(`
  mutation StartCatalogueSync($connectionId: ID!) {
    startCatalogueSync(connectionId: $connectionId) {
      id
    }
  }
`);

export const CancelCatalogueSyncDocument = graphql(`
  mutation CancelCatalogueSync($connectionId: ID!) {
    cancelCatalogueSync(connectionId: $connectionId) {
      id
    }
  }
`);

export const ScheduleCatalogueSyncDocument = graphql(`
  mutation ScheduleCatalogueSync($connectionId: ID!, $everyHours: Int!) {
    scheduleCatalogueSync(connectionId: $connectionId, everyHours: $everyHours)
  }
`);

export const ShopHookDocument = graphql(`
  query ShopHook($id: ID!) {
    connection(id: $id) {
      id
      shopHook {
        url
        registered
        topics
        createdAt
        received
        receivedAt
        refusedAt
        changed
        waiting
        problem
      }
    }
  }
`);

export const OpenShopHookDocument = graphql(`
  mutation OpenShopHook($connectionId: ID!) {
    openShopHook(connectionId: $connectionId) {
      hook {
        registered
      }
      secret
    }
  }
`);

export const CloseShopHookDocument = graphql(`
  mutation CloseShopHook($connectionId: ID!) {
    closeShopHook(connectionId: $connectionId)
  }
`);

export const PresetsDocument = graphql(`
  query Presets {
    presets {
      name
      title
      description
      kind
      available
      docsUrl
      fields {
        name
        label
        kind
        help
        required
        placeholder
      }
    }
  }
`);

export const AddConnectionDocument = graphql(`
  mutation AddConnection($input: AddConnectionInput!) {
    addConnection(input: $input) {
      id
      name
      title
      oauth
      health
      healthDetail
      toolCount
      heldCount
    }
  }
`);

export const UpdateConnectionDocument = graphql(`
  mutation UpdateConnection($input: UpdateConnectionInput!) {
    updateConnection(input: $input) {
      id
      updatedAt
    }
  }
`);

export const CheckConnectionDocument = graphql(`
  mutation CheckConnection($id: ID!) {
    checkConnection(id: $id) {
      id
      health
      healthDetail
      toolCount
      heldCount
    }
  }
`);

export const RemoveConnectionDocument = graphql(`
  mutation RemoveConnection($id: ID!) {
    removeConnection(id: $id)
  }
`);

export type ConnectionRow = ConnectionsQuery['connections'][number];
export type CatalogueSync = NonNullable<CatalogueSyncQuery['connection']['catalogueSync']>;
export type Connection = ConnectionQuery['connection'];
export type Preset = PresetsQuery['presets'][number];
