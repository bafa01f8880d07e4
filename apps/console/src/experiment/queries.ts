import { graphql } from '../gql/index.ts';
import type { ExperimentQuery } from '../gql/graphql.ts';

export const ExperimentDocument = graphql(`
  query Experiment($id: ID!) {
    experiment(id: $id) {
      rollout {
        id
        name
        status
        attempt
        shareBasisPoints
      }
      arms {
        arm
        band
        units
        answers
        answeredUnits
        errorUnits
        errorRate
        fallbacks
        crossedUnits
        complaintUnits
        tokensPerAnswer
        costMicrosPerUnit
        latencyP50Ms
        latencyP95Ms
        latencyP99Ms
        score
      }
      accuracy {
        ...Bounds
      }
      cost {
        ...Bounds
      }
      latency {
        ...Bounds
      }
      sampleRatio {
        alert
        treatment
        control
        expected
        pValue
      }
      points {
        at
        units
        accuracy {
          ...Bounds
        }
        cost {
          ...Bounds
        }
        latency {
          ...Bounds
        }
      }
      segments {
        dimension
        value
        band
        answers
        errors
        tokensPerAnswer
        costMicrosPerAnswer
        latencyMeanMs
      }
    }
  }
  fragment Bounds on BoundedDifference {
    n
    value
    lower
    upper
  }
`);

export type ExperimentData = ExperimentQuery['experiment'];
export type ArmRow = ExperimentData['arms'][number];
export type Bounds = NonNullable<ExperimentData['cost']>;
export type Segment = ExperimentData['segments'][number];
