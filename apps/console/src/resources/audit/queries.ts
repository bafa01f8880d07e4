import { graphql } from '../../gql/index.ts';
import type { AuditEventsQuery } from '../../gql/graphql.ts';

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
    }
  }
`);

export type AuditEvent = AuditEventsQuery['auditEvents']['items'][number];
