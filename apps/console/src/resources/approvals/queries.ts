import { graphql } from '../../gql/index.ts';
import type { ApprovalQuery, ApprovalsQuery, RememberedApprovalsQuery } from '../../gql/graphql.ts';

export const ApprovalsDocument = graphql(`
  query Approvals($status: ApprovalStatus, $runId: ID, $cursor: String, $limit: Int!) {
    approvals(status: $status, runId: $runId, cursor: $cursor, limit: $limit) {
      next
      items {
        id
        status
        server
        tool
        risk
        args
        reasons
        persons
        runId
        principalKind
        principalName
        surface
        requestedAt
        expiresAt
        decidedAt
        decidedBy
        votes {
          voterName
          granted
        }
        whyNot
      }
    }
  }
`);

export const ApprovalsWaitingDocument = graphql(`
  query ApprovalsWaiting {
    approvalsWaiting
  }
`);

export const ApprovalDocument = graphql(`
  query Approval($id: ID!) {
    approval(id: $id) {
      id
      status
      server
      tool
      risk
      args
      reasons
      persons
      runId
      seq
      principalKind
      principalName
      surface
      arm
      conversation
      policyRevision
      requestedAt
      expiresAt
      decidedAt
      decidedBy
      votes {
        voterName
        granted
        comment
        at
      }
      whyNot
      run {
        id
        status
        code
      }
    }
  }
`);

export const DecideApprovalDocument = graphql(`
  mutation DecideApproval($id: ID!, $granted: Boolean!, $comment: String, $remember: RememberApproval) {
    decideApproval(id: $id, granted: $granted, comment: $comment, remember: $remember) {
      id
      status
    }
  }
`);

export const OpenApprovalArgumentsDocument = graphql(`
  mutation OpenApprovalArguments($id: ID!) {
    openApprovalArguments(id: $id)
  }
`);

export const RememberedApprovalsDocument = graphql(`
  query RememberedApprovals {
    rememberedApprovals {
      id
      granted
      scope
      server
      tool
      conversation
      principalKind
      principalName
      approvalId
      createdBy
      createdAt
      expiresAt
      revokedAt
      revokedBy
      uses
      lastUsedAt
    }
  }
`);

export const RevokeRememberedApprovalDocument = graphql(`
  mutation RevokeRememberedApproval($id: ID!) {
    revokeRememberedApproval(id: $id) {
      id
    }
  }
`);

export type ApprovalRow = ApprovalsQuery['approvals']['items'][number];
export type Approval = ApprovalQuery['approval'];
export type Remembered = RememberedApprovalsQuery['rememberedApprovals'][number];
