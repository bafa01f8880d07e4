import { graphql } from '../../gql/index.ts';
import type { ReplayRunMutation, RunQuery, RunsQuery } from '../../gql/graphql.ts';

export const RunsDocument = graphql(`
  query Runs($filter: RunFilter, $cursor: String, $limit: Int!) {
    runs(filter: $filter, cursor: $cursor, limit: $limit) {
      next
      items {
        id
        status
        surface
        principalKind
        principalName
        conversation
        callCount
        deniedCount
        durationMs
        tokensReturned
        tokensKeptOut
        startedAt
        finishedAt
      }
    }
  }
`);

export const RunDocument = graphql(`
  query Run($id: ID!) {
    run(id: $id) {
      ...WholeRun
    }
  }
  fragment WholeRun on Run {
    id
    status
    surface
    principalKind
    principalId
    principalName
    conversation
    code
    codeHash
    limits
    findings {
      stage
      code
      message
      line
      column
      hint
      severity
    }
    logs {
      stream
      text
      at
    }
    result
    resultBytes
    error
    policyRevision
    callCount
    deniedCount
    durationMs
    cpuMs
    peakMemoryBytes
    tokensReturned
    tokensKeptOut
    traceId
    startedAt
    finishedAt
    calls {
      id
      seq
      server
      tool
      status
      args
      result
      error
      decisionId
      resultBytes
      resultTokens
      startedAt
      durationMs
    }
    decisions {
      id
      at
      server
      tool
      effect
      reasons {
        code
        message
      }
      role
      principalKind
      principalName
      surface
      revision
      mode
      durationUs
      input
      runId
    }
    content {
      resultBytes
      resultRows
      resultExpiresAt
      canReplay
      callsLeftOut
      mayOpen
      files {
        id
        name
        kind
        bytes
        updatedAt
        expiresAt
      }
    }
  }
`);

export const ReplayRunDocument = graphql(`
  mutation ReplayRun($id: ID!, $code: String) {
    replayRun(id: $id, code: $code) {
      runId
      status
      error
      durationMs
      diff
      findings {
        stage
        code
        message
        line
        column
        hint
        severity
      }
    }
  }
`);

export const CountRunLinesDocument = graphql(`
  mutation CountRunLines($id: ID!) {
    countRunLines(id: $id) {
      runId
      executed
      missed
      faithful
    }
  }
`);

export const RemoveWorkspaceFileDocument = graphql(`
  mutation RemoveWorkspaceFile($runId: ID!, $name: String!) {
    removeWorkspaceFile(runId: $runId, name: $name)
  }
`);

export type Replay = ReplayRunMutation['replayRun'];
export type RunRow = RunsQuery['runs']['items'][number];
export type Run = RunQuery['run'];
export type Call = Run['calls'][number];
