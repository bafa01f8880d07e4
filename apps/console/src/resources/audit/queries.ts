import { graphql } from '../../gql/index.ts';
import type { AuditEventsQuery, AuditKeepingQuery } from '../../gql/graphql.ts';

export const AuditEventsDocument = graphql(`
  query AuditEvents($filter: AuditFilter, $cursor: String, $limit: Int!) {
    auditEvents(filter: $filter, cursor: $cursor, limit: $limit) {
      next
      items {
        id
        seq
        at
        actorKind
        actorId
        actorName
        surface
        action
        targetKind
        targetId
        before
        after
        ip
        traceId
        policyRevision
        codeHash
        hash
        previousHash
      }
    }
  }
`);

export const VerifyAuditDocument = graphql(`
  mutation VerifyAudit {
    verifyAudit {
      ok
      events
      head
      verifiedAt
      durationMs
      problem
      problemSeq
      problemCount
      problems {
        kind
        seq
        message
      }
      headSeq
      checkpoints
      signedThrough
      cutThrough
    }
  }
`);

export const AuditKeepingDocument = graphql(`
  query AuditKeeping {
    auditKeeping {
      ...Keeping
    }
  }
  fragment Keeping on AuditKeeping {
    retentionDays
    headSeq
    checkpointAt
    keyId
    stream {
      url
      ackedSeq
      failures
      nextAt
      lastError
      lastAckedAt
    }
  }
`);

export const SetAuditRetentionDocument = graphql(`
  mutation SetAuditRetention($days: Int) {
    setAuditRetention(days: $days) {
      ...Keeping
    }
  }
`);

export const SetAuditStreamDocument = graphql(`
  mutation SetAuditStream($input: AuditStreamInput!) {
    setAuditStream(input: $input) {
      secret
      keeping {
        ...Keeping
      }
    }
  }
`);

export const RotateAuditStreamSecretDocument = graphql(`
  mutation RotateAuditStreamSecret {
    rotateAuditStreamSecret
  }
`);

export const SignAuditCheckpointDocument = graphql(`
  mutation SignAuditCheckpoint {
    signAuditCheckpoint {
      ...Keeping
    }
  }
`);

export type AuditEvent = AuditEventsQuery['auditEvents']['items'][number];
export type Keeping = AuditKeepingQuery['auditKeeping'];
