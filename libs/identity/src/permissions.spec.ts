import { describe, expect, it } from '@jest/globals';
import { ROLES, SCOPES, type KeyId, type Principal, type Role, type Scope, type UserId } from '@switchyard/kernel';
import { can, PERMISSIONS, requirePermission, type TokenHolder } from './permissions.ts';

const user = (role: Role): Principal => ({ kind: 'user', id: 'u' as UserId, name: 'ada', role });
const key = (...scopes: Scope[]): Principal => ({ kind: 'key', id: 'k' as KeyId, name: 'ci', scopes });
const token = (role: Role, ...scopes: Scope[]): TokenHolder => ({
  kind: 'user',
  id: 'u' as UserId,
  name: 'ada',
  role,
  scopes,
});
const allowed = (principal: Principal | TokenHolder) => PERMISSIONS.filter((one) => can(principal, one));

describe('permissions', () => {
  it.each(['owner', 'admin'] as const)('lets an %s do everything', (role) => {
    expect(allowed(user(role))).toEqual(PERMISSIONS);
  });

  it('lets a reviewer read everything, prove the log, judge runs, decide on approvals and promote skills, and change or start nothing else', () => {
    const may = allowed(user('reviewer'));
    const besides = [
      'accounts.own',
      'audit.verify',
      'reviews.decide',
      'skills.promote',
      'approvals.decide',
      'approvals.arguments',
    ];
    expect(may).toEqual(PERMISSIONS.filter((one) => one.endsWith('.read') || besides.includes(one)));
  });

  it('lets an analyst read what arms did and cost, compare and grade, and change nothing else', () => {
    expect(allowed(user('analyst'))).toEqual([
      'accounts.own',
      'tools.read',
      'runs.read',
      'approvals.read',
      'skills.read',
      'conversations.read',
      'comparisons.read',
      'comparisons.run',
      'answers.grade',
      'money.read',
      'rollouts.read',
    ]);
  });

  it.each([
    ['runs', ['runs.read', 'runs.execute', 'approvals.read', 'skills.read', 'skills.write']],
    ['tools', ['tools.read', 'skills.read']],
    ['chat', ['chat', 'comparisons.read', 'comparisons.run']],
    ['admin', PERMISSIONS],
  ] as const)('gives a key with the scope %s what it names', (scope, permissions) => {
    expect(allowed(key(scope))).toEqual(permissions);
  });

  it('adds scopes up, and gives none for none', () => {
    expect(allowed(key('tools', 'chat'))).toEqual([
      'tools.read',
      'skills.read',
      'chat',
      'comparisons.read',
      'comparisons.run',
    ]);
    expect(allowed(key())).toEqual([]);
  });

  it('never lets a token do more than its owner or its scopes', () => {
    for (const role of ROLES)
      for (const scope of SCOPES) {
        const both = PERMISSIONS.filter((one) => can(user(role), one) && can(key(scope), one));
        expect(allowed(token(role, scope))).toEqual(both);
      }
  });

  it('names the scope that a key or token lacks, and the roles that would do', () => {
    const refusal = (principal: Principal | TokenHolder) => {
      try {
        requirePermission({ principal }, 'runs.execute');
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(refusal(key('tools'))).toMatchObject({
      code: 'forbidden',
      message: 'The API key "ci" lacks the scope "runs": use a key that has it.',
      details: { scopes: ['runs', 'admin'] },
    });
    expect(refusal(token('admin', 'tools'))).toMatchObject({ details: { scopes: ['runs', 'admin'] } });
    expect(refusal(user('analyst'))).toMatchObject({ code: 'forbidden', details: { roles: ['owner', 'admin'] } });
    expect(refusal(key('runs'))).toBeUndefined();
  });
});
