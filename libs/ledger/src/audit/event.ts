import { createHash } from 'node:crypto';
import { canonicalJson, type Ctx, type Json } from '@switchyard/kernel';
import { storable, storableText } from '../storable.ts';

/** What happened, as its author says it; the rest comes from the context. Values must be free of secrets. */
export interface AuditInput {
  /** `<thing>.<past participle>`, such as `policy.grants_changed`. */
  readonly action: string;
  readonly target: { readonly kind: string; readonly id: string };
  readonly before?: unknown;
  readonly after?: unknown;
  readonly policyRevision?: number | null;
  /** SHA-256 in hex of the code that ran. */
  readonly codeHash?: string | null;
}

/** All that a link's hash is taken over: this type and `auditHash` are the one source of truth. */
export interface AuditContent {
  readonly tenantId: string;
  /** From 1, without gaps. */
  readonly seq: number;
  /** ISO 8601 with milliseconds, UTC. */
  readonly at: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly actorName: string;
  readonly surface: string;
  readonly action: string;
  readonly targetKind: string;
  readonly targetId: string;
  readonly before: Json;
  readonly after: Json;
  readonly ip: string | null;
  readonly traceId: string;
  readonly policyRevision: number | null;
  readonly codeHash: string | null;
  /** Hex; 64 zeros before the first. */
  readonly previousHash: string;
}

export interface AuditEvent extends Omit<AuditContent, 'at'> {
  readonly at: Date;
  /** Hex. */
  readonly hash: string;
}

export const FIRST_HASH = '0'.repeat(64);

export const auditHash = (content: AuditContent): string =>
  createHash('sha256').update(canonicalJson(content)).digest('hex');

/** The link that follows `previous`, in the form in which it is stored and hashed. */
export function toContent(
  ctx: Ctx,
  event: AuditInput,
  { seq, at, previousHash }: { seq: number; at: Date; previousHash: string },
): AuditContent {
  return {
    tenantId: ctx.tenantId,
    seq,
    at: at.toISOString(),
    actorKind: ctx.principal.kind,
    actorId: ctx.principal.id,
    actorName: storableText(ctx.principal.name),
    surface: ctx.surface,
    action: storableText(event.action),
    targetKind: storableText(event.target.kind),
    targetId: storableText(event.target.id),
    before: storable(event.before),
    after: storable(event.after),
    ip: ctx.ip === undefined ? null : storableText(ctx.ip),
    traceId: storableText(ctx.traceId),
    policyRevision: event.policyRevision ?? null,
    codeHash: event.codeHash ?? null,
    previousHash,
  };
}

/** What was hashed, from a stored link. */
export function contentOf({ hash: _hash, at, ...rest }: AuditEvent): AuditContent {
  return { ...rest, at: at.toISOString() };
}
