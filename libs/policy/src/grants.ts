import { AppError, isUuid, ROLES, type Ctx, type Json } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import { z } from 'zod';
import { EFFECTS, type Effect, type PolicyMode } from './decision.ts';
import { ALL_KEYS } from './subjects.ts';

/** Stands for every server, or every tool of one. */
export const ANY = '*';
const MAX_CHANGES = 2_000;
const MAX_COMMENT_CHARS = 500;

export interface Grant {
  readonly id: string;
  readonly subjectKind: 'role' | 'key';
  /** A member's role, `api_key` for every key, or one key's id. */
  readonly subject: string;
  readonly server: string;
  readonly tool: string;
  readonly effect: Effect;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface PolicyState {
  /** Grows by one with each change; 0 before the first. */
  readonly revision: number;
  readonly mode: PolicyMode;
  /** Of the tenant's own rules in force; null for none. */
  readonly moduleRevision: number | null;
}

const Name = z.string().min(1).max(200);
const Change = z
  .object({
    subjectKind: z.enum(['role', 'key']),
    subject: Name,
    server: Name,
    tool: Name,
    /** null or absent takes the grant away. */
    effect: z.enum(EFFECTS).nullish(),
  })
  .superRefine(({ subjectKind, subject }, refinement) => {
    const roles: readonly string[] = [...ROLES, ALL_KEYS];
    if (subjectKind === 'role' && !roles.includes(subject))
      refinement.addIssue({ code: 'custom', path: ['subject'], message: `a role is one of ${roles.join(', ')}` });
    if (subjectKind === 'key' && !isUuid(subject))
      refinement.addIssue({ code: 'custom', path: ['subject'], message: 'a key is named by its id' });
  });
export type GrantChange = z.input<typeof Change>;
export type ParsedChange = z.output<typeof Change>;

const placeOf = (grant: Pick<GrantChange, 'subjectKind' | 'subject' | 'server' | 'tool'>): string =>
  JSON.stringify([grant.subjectKind, grant.subject, grant.server, grant.tool]);

/** Throws AppError `unprocessable` with the first bad change's path, `too_large` above 2,000. */
export function parseChanges(changes: readonly GrantChange[]): ParsedChange[] {
  if (changes.length > MAX_CHANGES)
    throw new AppError('too_large', `${changes.length} changes at once: send at most ${MAX_CHANGES}.`);
  const parsed = z.array(Change).safeParse(changes);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = ['changes', ...(issue?.path ?? [])].join('.');
    throw new AppError('unprocessable', `${path}: ${issue?.message ?? 'not acceptable'}`, { path });
  }
  const places = new Map<string, number>();
  parsed.data.forEach((change, position) => {
    const earlier = places.get(placeOf(change));
    if (earlier !== undefined)
      throw new AppError('unprocessable', `changes.${position} and changes.${earlier} are about the same grant.`, {
        path: `changes.${position}`,
      });
    places.set(placeOf(change), position);
  });
  return parsed.data;
}

/** Why a change was made, as its author says; null for nothing said. Throws AppError `unprocessable`. */
export function parseComment(comment: string | null | undefined): string | null {
  const said = comment?.trim() ?? '';
  if (said.length > MAX_COMMENT_CHARS)
    throw new AppError('unprocessable', `A comment has at most ${MAX_COMMENT_CHARS} characters.`, { path: 'comment' });
  return said === '' ? null : said;
}

/** The changes that change something, given the grants that stand at their places now. */
export function effective<Standing extends Pick<Grant, 'subjectKind' | 'subject' | 'server' | 'tool' | 'effect'>>(
  changes: readonly ParsedChange[],
  standing: readonly Standing[],
): { upserts: ParsedChange[]; removals: Standing[]; replaced: Standing[] } {
  const byPlace = new Map(standing.map((grant) => [placeOf(grant), grant]));
  const upserts = changes.filter((change) => change.effect && byPlace.get(placeOf(change))?.effect !== change.effect);
  const existing = (change: ParsedChange): Standing[] => [byPlace.get(placeOf(change)) ?? []].flat() as Standing[];
  return {
    upserts,
    removals: changes.filter((change) => !change.effect).flatMap(existing),
    replaced: upserts.flatMap(existing),
  };
}

/** What a change of policy leaves in the audit log; written in the transaction of the change. */
export interface PolicyAuditEvent {
  readonly action:
    | 'policy.grants_changed'
    | 'policy.rolled_back'
    | 'policy.mode_changed'
    | 'policy.rule_saved'
    | 'policy.rule_removed'
    | 'policy.module_uploaded'
    | 'policy.module_published'
    | 'policy.module_withdrawn';
  readonly target: { readonly kind: 'policy'; readonly id: string };
  readonly before: Json;
  readonly after: Json;
  readonly policyRevision: number;
}
export type AuditPolicy = (tx: Tx, ctx: Ctx, event: PolicyAuditEvent) => Promise<unknown>;

/** Owners, admins, keys of scope `admin`, the operator and the product itself. Throws AppError `forbidden`. */
export function requirePolicyAdmin({ principal }: Pick<Ctx, 'principal'>): void {
  const may =
    principal.kind === 'user'
      ? principal.role === 'owner' || principal.role === 'admin'
      : principal.kind !== 'key' || principal.scopes.includes('admin');
  if (!may)
    throw new AppError(
      'forbidden',
      'Only owners, admins and keys with the scope admin change grants and rules. Ask one of them.',
    );
}
