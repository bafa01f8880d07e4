import { graphql } from '../../gql/index.ts';
import type { RolloutChangesQuery, RolloutFactsFragment, RolloutQuery } from '../../gql/graphql.ts';

export const RolloutsDocument = graphql(`
  query Rollouts($limit: Int!) {
    rollouts(limit: $limit) {
      items {
        ...RolloutFacts
      }
    }
  }
  fragment RolloutFacts on Rollout {
    id
    name
    status
    reason
    shareBasisPoints
    stepIndex
    stepStartedAt
    attempt
    epoch
    version
    startAt
    startedAt
    createdAt
    createdBy
    updatedAt
    approvedByName
    plan {
      arm
      unit
      approval
      holdbackBasisPoints
      steps {
        shareBasisPoints
        dwellMinutes
        minUnits
        advance
      }
    }
  }
`);

export const RolloutDocument = graphql(`
  query Rollout($id: ID!) {
    rollout(id: $id) {
      rollout {
        ...RolloutFacts
      }
      verdict {
        kind
        reason
      }
      next {
        what
        at
        waitingFor
      }
      gates {
        gate
        open
        sentence
        at
      }
      checklist {
        item
        kind
        state
        detail
      }
      readings {
        guard
        effect
        state
        dryRun
        sentence
        log10E
        events
        n
        threshold
        value
      }
    }
  }
`);

export const KillSwitchDocument = graphql(`
  query KillSwitch {
    killSwitch {
      thrown
      by
      at
      reason
    }
  }
`);

export const RolloutChangesDocument = graphql(`
  query RolloutChanges($id: ID!, $limit: Int!) {
    rolloutHistory(id: $id, limit: $limit) {
      items {
        id
        at
        action
        actorName
        reason
        before
        after
      }
    }
  }
`);

export const TrafficDocument = graphql(`
  query Traffic($id: ID!) {
    experiment(id: $id) {
      arms {
        band
        units
      }
    }
  }
`);

export const CreateRolloutDocument = graphql(`
  mutation CreateRollout($input: NewRollout!) {
    createRollout(input: $input) {
      id
    }
  }
`);
export const StartRolloutDocument = graphql(`
  mutation StartRollout($change: RolloutChangeInput!) {
    startRollout(change: $change) {
      id
    }
  }
`);
export const HoldRolloutDocument = graphql(`
  mutation HoldRollout($change: RolloutChangeInput!) {
    holdRollout(change: $change) {
      id
    }
  }
`);
export const ResumeRolloutDocument = graphql(`
  mutation ResumeRollout($change: RolloutChangeInput!) {
    resumeRollout(change: $change) {
      id
    }
  }
`);
export const RollBackRolloutDocument = graphql(`
  mutation RollBackRollout($change: RolloutChangeInput!) {
    rollBackRollout(change: $change) {
      id
    }
  }
`);
export const RestartRolloutDocument = graphql(`
  mutation RestartRollout($change: RolloutChangeInput!, $afterFix: Boolean!) {
    restartRollout(change: $change, afterFix: $afterFix) {
      id
    }
  }
`);
export const ApproveRolloutDocument = graphql(`
  mutation ApproveRollout($change: RolloutChangeInput!) {
    approveRollout(change: $change) {
      id
    }
  }
`);
export const CloseRolloutDocument = graphql(`
  mutation CloseRollout($change: RolloutChangeInput!) {
    closeRollout(change: $change) {
      id
    }
  }
`);
export const SetRolloutShareDocument = graphql(`
  mutation SetRolloutShare($change: RolloutChangeInput!, $shareBasisPoints: Int!) {
    setRolloutShare(change: $change, shareBasisPoints: $shareBasisPoints) {
      id
    }
  }
`);
export const TickRolloutItemDocument = graphql(`
  mutation TickRolloutItem($change: RolloutChangeInput!, $item: String!, $done: Boolean!) {
    tickRolloutItem(change: $change, item: $item, done: $done) {
      id
    }
  }
`);
export const SetKillSwitchDocument = graphql(`
  mutation SetKillSwitch($thrown: Boolean!, $reason: String!) {
    setKillSwitch(thrown: $thrown, reason: $reason) {
      thrown
    }
  }
`);

export type Rollout = RolloutFactsFragment;
export type RolloutView = RolloutQuery['rollout'];
export type Reading = RolloutView['readings'][number];
export type Change = RolloutChangesQuery['rolloutHistory']['items'][number];
