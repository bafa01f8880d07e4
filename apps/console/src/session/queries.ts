import { graphql } from '../gql/index.ts';
import type { ViewerQuery } from '../gql/graphql.ts';

export const ViewerDocument = graphql(`
  query Viewer {
    viewer {
      user {
        id
        name
        email
      }
      tenant {
        id
        slug
        name
        role
      }
      tenants {
        id
        slug
        name
        role
      }
      permissions
      publicUrl
      version
    }
  }
`);

export const RunChangedDocument = graphql(`
  subscription RunChanged {
    runChanged {
      id
      status
    }
  }
`);

export const ChangedDocument = graphql(`
  subscription Changed {
    changed
  }
`);

export type Viewer = ViewerQuery['viewer'];
