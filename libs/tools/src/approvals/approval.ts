import { createHash } from 'node:crypto';
import { AppError, canonicalJson, type Ctx, type Json } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import type { Annotations } from '../upstream/list-tools.ts';

/** `used`: granted, and the call was made. `withdrawn`: nobody waits for it any more. */
export const APPROVAL_STATUSES = ['pending', 'granted', 'denied', 'expired', 'withdrawn', 'used'] as const;
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];

export const RISKS = ['destructive', 'writes', 'reads'] as const;
export type Risk = (typeof RISKS)[number];

/** How far a remembered decision reaches, always for the same caller and the same definition of the tool. */
export const REMEMBER_SCOPES = ['tool', 'arguments', 'conversation'] as const;
export type RememberScope = (typeof REMEMBER_SCOPES)[number];

export interface Vote {
  readonly voterKind: string;
  readonly voterId: string;
  readonly voterName: string;
  readonly granted: boolean;
  readonly comment: string | null;
  readonly at: Date;
}

/** A tool call that a person decides on. */
export interface Approval {
  readonly id: string;
  readonly status: ApprovalStatus;
  readonly server: string;
  readonly tool: string;
  readonly risk: Risk;
  /** Masked and bounded. */
  readonly args: Json;
  /** Why somebody is asked, by the rules that say so. */
  readonly reasons: readonly string[];
  /** How many have to grant it. */
  readonly persons: number;
  readonly runId: string | null;
  /** Which call of the run. */
  readonly seq: number | null;
  readonly principalKind: string;
  readonly principalId: string;
  readonly principalName: string;
  readonly surface: string;
  readonly arm: string | null;
  readonly conversation: string | null;
  readonly policyRevision: number;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
  readonly usedAt: Date | null;
  readonly votes: readonly Vote[];
}

export interface Remembered {
  readonly id: string;
  readonly granted: boolean;
  readonly scope: RememberScope;
  readonly server: string;
  readonly tool: string;
  readonly conversation: string | null;
  readonly principalKind: string;
  readonly principalName: string;
  readonly persons: number;
  readonly approvalId: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
  readonly uses: number;
  readonly lastUsedAt: Date | null;
}

export interface ApprovalEvent {
  readonly action:
    | 'approval.requested'
    | 'approval.voted'
    | 'approval.granted'
    | 'approval.denied'
    | 'approval.expired'
    | 'approval.withdrawn'
    | 'approval.remembered'
    | 'approval.revoked'
    | 'approval.arguments_opened';
  readonly target: { readonly kind: 'approval' | 'remembered_approval'; readonly id: string };
  readonly before?: unknown;
  readonly after?: unknown;
  readonly policyRevision?: number;
}
/** Writes the audit event of a change, in the change's own transaction. */
export type AuditApprovals = (tx: Tx, ctx: Ctx, event: ApprovalEvent) => Promise<unknown>;

/** SHA-256 in hex: what is granted is these arguments and no others. */
export const argumentsHash = (args: unknown): string =>
  createHash('sha256')
    .update(canonicalJson(args ?? {}))
    .digest('hex');

/** By what the tool says of itself, which is a claim: who says nothing is taken for destructive. */
export function riskOf(annotations: Annotations): Risk {
  if (annotations.readOnlyHint === true) return 'reads';
  return annotations.destructiveHint === false ? 'writes' : 'destructive';
}

/**
 * Why this caller may not decide on it; null when they may. A program never may: an approval that a model can give itself
 * is none. An OAuth token acts for a person in a client, which is a model's hand.
 */
export function whyNotDecide(
  { principal }: Pick<Ctx, 'principal'>,
  approval: Pick<Approval, 'persons' | 'principalKind' | 'principalId' | 'votes'>,
): string | null {
  const isPerson = (principal.kind === 'user' && !('scopes' in principal)) || principal.kind === 'operator';
  if (!isPerson) return 'A person decides on approvals, signed in to the console: keys and tokens may not.';
  const isAuthor = approval.principalKind === principal.kind && approval.principalId === principal.id;
  if (approval.persons > 1 && isAuthor)
    return 'This one needs two persons other than the one whose code asks. Ask your colleagues.';
  if (approval.votes.some(({ voterKind, voterId }) => voterKind === principal.kind && voterId === principal.id))
    return 'You have granted it already. It needs one more person.';
  return null;
}

export function requireDecider(ctx: Pick<Ctx, 'principal'>, approval: Parameters<typeof whyNotDecide>[1]): void {
  const why = whyNotDecide(ctx, approval);
  if (why !== null) throw new AppError('forbidden', why);
}

/** What an approval leaves in the audit log. Its arguments are masked already. */
export const auditable = (approval: Approval): Record<string, unknown> => ({
  status: approval.status,
  tool: `${approval.server}.${approval.tool}`,
  risk: approval.risk,
  args: approval.args,
  reasons: approval.reasons,
  persons: approval.persons,
  run: approval.runId,
  askedBy: { kind: approval.principalKind, id: approval.principalId, name: approval.principalName },
  expiresAt: approval.expiresAt.toISOString(),
});
