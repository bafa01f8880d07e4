import { AppError, unreachable, type Ctx, type Principal, type Role, type Scope } from '@switchyard/kernel';

/** All that can be allowed or refused in a tenant. What a tool call may do is policy's, not this table's. */
export const PERMISSIONS = [
  'connections.read',
  'connections.write',
  'accounts.own',
  'grants.read',
  'grants.write',
  'policy.read',
  'policy.write',
  'tools.read',
  'runs.read',
  'runs.execute',
  'runs.results',
  'approvals.read',
  'approvals.decide',
  'approvals.arguments',
  'skills.read',
  'skills.write',
  'skills.promote',
  'chat',
  'conversations.read',
  'comparisons.read',
  'comparisons.run',
  'sampling.write',
  'answers.grade',
  'privacy.read',
  'privacy.write',
  'audit.read',
  'audit.verify',
  'audit.write',
  'reviews.read',
  'reviews.decide',
  'keys.read',
  'keys.write',
  'members.read',
  'members.write',
  'money.read',
  'money.write',
  'limits.read',
  'limits.write',
  'rollouts.read',
  'rollouts.write',
  'rollouts.kill',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** A person who came with an OAuth token: may do what the role allows and the token's scopes name. */
export type TokenHolder = Extract<Principal, { kind: 'user' }> & { readonly scopes: readonly Scope[] };

const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  owner: PERMISSIONS,
  admin: PERMISSIONS,
  // Reads everything, proves the log, judges runs and decides on approvals; changes nothing but which skills everybody
  // gets and what is blocked.
  reviewer: [
    'connections.read',
    'accounts.own',
    'grants.read',
    'policy.read',
    'tools.read',
    'runs.read',
    'approvals.read',
    'approvals.decide',
    'approvals.arguments',
    'skills.read',
    'skills.promote',
    'conversations.read',
    'comparisons.read',
    'privacy.read',
    'audit.read',
    'audit.verify',
    'reviews.read',
    'reviews.decide',
    'keys.read',
    'members.read',
    'money.read',
    'limits.read',
    'rollouts.read',
  ],
  analyst: [
    'accounts.own',
    'tools.read',
    'runs.read',
    'approvals.read',
    'skills.read',
    'conversations.read',
    'money.read',
    'rollouts.read',
    'comparisons.read',
    'comparisons.run',
    'answers.grade',
  ],
};

const SCOPE_PERMISSIONS: Readonly<Record<Scope, readonly Permission[]>> = {
  runs: ['runs.read', 'runs.execute', 'approvals.read', 'skills.read', 'skills.write'],
  tools: ['tools.read', 'skills.read'],
  chat: ['chat', 'comparisons.read', 'comparisons.run'],
  admin: ROLE_PERMISSIONS.admin,
};

const scopesAllow = (scopes: readonly Scope[], permission: Permission): boolean =>
  scopes.some((scope) => SCOPE_PERMISSIONS[scope].includes(permission));

const scopesOf = (principal: TokenHolder | Principal): readonly Scope[] | undefined =>
  'scopes' in principal ? principal.scopes : undefined;

export function can(principal: Principal | TokenHolder, permission: Permission): boolean {
  switch (principal.kind) {
    case 'operator':
    case 'system':
      return true;
    case 'key':
      return scopesAllow(principal.scopes, permission);
    case 'user': {
      const scopes = scopesOf(principal);
      return ROLE_PERMISSIONS[principal.role].includes(permission) && (!scopes || scopesAllow(scopes, permission));
    }
    default:
      return unreachable(principal);
  }
}

const scopesThatGive = (permission: Permission): Scope[] =>
  (Object.keys(SCOPE_PERMISSIONS) as Scope[]).filter((scope) => SCOPE_PERMISSIONS[scope].includes(permission));

const rolesThatGive = (permission: Permission): Role[] =>
  (Object.keys(ROLE_PERMISSIONS) as Role[]).filter((role) => ROLE_PERMISSIONS[role].includes(permission));

/** Throws AppError `forbidden`, which names the scope or the role that is missing (`details.scopes` or `details.roles`). */
export function requirePermission(ctx: Pick<Ctx, 'principal'>, permission: Permission): void {
  const { principal } = ctx;
  if (can(principal, permission)) return;
  const scopes = scopesThatGive(permission);
  if (principal.kind === 'key')
    throw new AppError(
      'forbidden',
      `The API key "${principal.name}" lacks the scope "${scopes[0]}": use a key that has it.`,
      { permission, scopes },
    );
  if (principal.kind === 'user' && ROLE_PERMISSIONS[principal.role].includes(permission))
    throw new AppError('forbidden', `The access token lacks the scope "${scopes[0]}": ask for it and sign in again.`, {
      permission,
      scopes,
    });
  const roles = rolesThatGive(permission);
  const role = principal.kind === 'user' ? principal.role : principal.kind;
  throw new AppError(
    'forbidden',
    `The role "${role}" may not do this (${permission}): ask one of ${roles.join(', ')}.`,
    {
      permission,
      roles,
    },
  );
}
