import type { Tx } from '@switchyard/database';
import { systemCtx, type Ctx, type Role, type Surface, type TenantId, type UserId } from '@switchyard/kernel';

export type IdentityAction =
  | 'tenant.created'
  | 'key.created'
  | 'key.revoked'
  | 'member.added'
  | 'member.role_changed'
  | 'member.removed'
  | 'invitation.created'
  | 'invitation.cancelled'
  | 'invitation.accepted'
  | 'session.signed_in';

export interface IdentityChange {
  readonly action: IdentityAction;
  readonly target: { readonly kind: 'tenant' | 'key' | 'member' | 'invitation' | 'user'; readonly id: string };
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
}

/** Writes the audit event of a change, in the change's own transaction. */
export type RecordIdentityChange = (tx: Tx, ctx: Ctx, change: IdentityChange) => Promise<void>;

export interface Person {
  readonly id: UserId;
  readonly name: string;
  readonly email: string;
}

/** For what a person does on the way in, when no request context stands yet. */
export const personCtx = (tenantId: TenantId, person: Person, role: Role, surface: Surface = 'console'): Ctx => ({
  ...systemCtx(tenantId),
  principal: { kind: 'user', id: person.id, name: person.email, role },
  surface,
});
