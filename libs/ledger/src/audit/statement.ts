import type { Ctx, Json } from '@switchyard/kernel';
import { z } from 'zod';
import type { AuditContent, AuditInput } from './event.ts';
import type { AuditHead } from './audit.store.ts';
import type { AuditSigner, AuditStatement, SignatureCheck } from './signing.ts';

export const CHECKPOINT_SIGNED = 'audit.checkpoint_signed';
export const HISTORY_CUT = 'audit.history_cut';

const signed = {
  through: z.number().int(),
  hash: z.string(),
  signedAt: z.string(),
  keyId: z.string(),
  signature: z.string(),
};
const Checkpoint = z.looseObject({ number: z.number().int(), ...signed });
const Cut = z.looseObject({ events: z.number().int(), ...signed });

const statementOf = (
  format: AuditStatement['format'],
  of: { readonly tenantId: string; readonly through: number; readonly hash: string; readonly signedAt: string },
): AuditStatement => ({
  format,
  tenantId: of.tenantId,
  through: of.through,
  hash: of.hash,
  signedAt: of.signedAt,
});

const signature = (signer: AuditSigner, statement: AuditStatement) => ({
  through: statement.through,
  hash: statement.hash,
  signedAt: statement.signedAt,
  keyId: signer.keyId,
  signature: signer.sign(statement),
});

/** A link that says, signed, how the chain stood just before it. `number` counts a tenant's checkpoints from 1. */
export function checkpointEvent(
  ctx: Pick<Ctx, 'tenantId'>,
  signer: AuditSigner,
  { head, number, at }: { head: AuditHead; number: number; at: Date },
): AuditInput {
  const of = { tenantId: ctx.tenantId, through: head.seq, hash: head.hash, signedAt: at.toISOString() };
  return {
    action: CHECKPOINT_SIGNED,
    target: { kind: 'audit', id: 'checkpoint' },
    after: { number, ...signature(signer, statementOf('switchyard.audit.checkpoint/1', of)) },
  };
}

/** What is cut off, and that we did it. */
export interface CutPart {
  readonly through: number;
  /** Of link `through`, hex. */
  readonly hash: string;
  readonly events: number;
  readonly oldestAt: Date;
  readonly newestAt: Date;
}

export function cutEvent(
  ctx: Pick<Ctx, 'tenantId'>,
  signer: AuditSigner,
  { part, at }: { part: CutPart; at: Date },
): AuditInput {
  const { through, hash, events, oldestAt, newestAt } = part;
  const of = { tenantId: ctx.tenantId, through, hash, signedAt: at.toISOString() };
  return {
    action: HISTORY_CUT,
    target: { kind: 'audit', id: 'history' },
    after: { ...signature(signer, statementOf('switchyard.audit.cut/1', of)), events, oldestAt, newestAt },
  };
}

export interface ReadCheckpoint {
  readonly number: number;
  readonly check: SignatureCheck;
  readonly keyId: string;
}

/** Undefined when the link does not hold a checkpoint of what stands just before it. */
export function readCheckpoint(signer: AuditSigner, link: AuditContent): ReadCheckpoint | undefined {
  const parsed = Checkpoint.safeParse(link.after);
  if (!parsed.success) return undefined;
  const { number, keyId, through, hash } = parsed.data;
  if (through !== link.seq - 1 || hash !== link.previousHash) return { number, keyId, check: 'bad' };
  return { number, keyId, check: checkSignature(signer, 'switchyard.audit.checkpoint/1', link, parsed.data) };
}

/** Undefined when the link holds no record of a cut. */
export function readCut(
  signer: AuditSigner,
  link: AuditContent,
): { readonly through: number; readonly hash: string; readonly check: SignatureCheck } | undefined {
  const parsed = Cut.safeParse(link.after);
  if (!parsed.success) return undefined;
  const { through, hash } = parsed.data;
  return { through, hash, check: checkSignature(signer, 'switchyard.audit.cut/1', link, parsed.data) };
}

const checkSignature = (
  signer: AuditSigner,
  format: AuditStatement['format'],
  { tenantId }: { readonly tenantId: string },
  given: z.infer<typeof Checkpoint> | z.infer<typeof Cut>,
): SignatureCheck => signer.check(statementOf(format, { tenantId, ...given }), given);

/** The number of the checkpoint that a link holds; 0 for none. */
export const checkpointNumber = (after: Json): number => Checkpoint.safeParse(after).data?.number ?? 0;
