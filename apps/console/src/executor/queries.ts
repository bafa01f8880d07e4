import { graphql } from '../gql/index.ts';

export const ExecutorDocument = graphql(`
  query Executor {
    executor {
      connected
      denoVersion
      warm
      running
      queued
      poolSize
      layers {
        name
        standing
        detail
      }
    }
  }
`);
