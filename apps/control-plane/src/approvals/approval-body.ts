import type { Approval, Remembered } from '@switchyard/tools';
import type { ApprovalBody, RememberedBody } from './contract.ts';

export const toApprovalBody = (approval: Approval): ApprovalBody => ({
  id: approval.id,
  status: approval.status,
  tool: `${approval.server}.${approval.tool}`,
  risk: approval.risk,
  arguments: approval.args,
  reasons: [...approval.reasons],
  persons: approval.persons,
  execution: approval.runId,
  askedBy: { kind: approval.principalKind, name: approval.principalName },
  conversation: approval.conversation,
  requestedAt: approval.requestedAt.toISOString(),
  expiresAt: approval.expiresAt.toISOString(),
  decidedAt: approval.decidedAt?.toISOString() ?? null,
  decidedBy: approval.decidedBy,
  votes: approval.votes.map(({ voterName, granted, comment, at }) => ({
    by: voterName,
    granted,
    comment,
    at: at.toISOString(),
  })),
});

export const toRememberedBody = (kept: Remembered): RememberedBody => ({
  id: kept.id,
  granted: kept.granted,
  scope: kept.scope,
  tool: `${kept.server}.${kept.tool}`,
  conversation: kept.conversation,
  for: { kind: kept.principalKind, name: kept.principalName },
  createdBy: kept.createdBy,
  createdAt: kept.createdAt.toISOString(),
  expiresAt: kept.expiresAt.toISOString(),
  revokedAt: kept.revokedAt?.toISOString() ?? null,
  revokedBy: kept.revokedBy,
  uses: kept.uses,
});
