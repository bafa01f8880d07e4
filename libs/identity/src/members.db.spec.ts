import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, systemCtx, type Ctx, type Role, type UserId } from '@switchyard/kernel';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { PASSWORD, openTestIdentity, type TestIdentity } from './identity.fixture.ts';

describe('members and invitations', () => {
  let db: TestDatabase;
  let test: TestIdentity;
  beforeAll(async () => {
    db = await createTestDatabase();
    test = await openTestIdentity(db.database);
  });
  afterAll(async () => {
    await test.identity.close();
    await db.drop();
  });

  /** A new tenant with these people, and contexts to act as each. */
  async function company(slug: string, ...roles: Role[]) {
    const { tenant, people } = await test.tenantWith(slug, roles);
    const members = await test.identity.listMembers(systemCtx(tenant.id));
    const as = (role: Role): Ctx => {
      const person = people[roles.indexOf(role)];
      if (!person) throw new Error(`no ${role}`);
      return testCtx({ tenantId: tenant.id, principal: { kind: 'user', id: person.id, name: person.email, role } });
    };
    const member = (role: Role): string => members.find((one) => one.role === role)?.id ?? '';
    return { tenant, people, as, member };
  }
  const forbidden = { code: 'forbidden' };

  it('lists the people of one tenant', async () => {
    const { as } = await company('list', 'owner', 'analyst');
    expect((await test.identity.listMembers(as('owner'))).map(({ email, role }) => [email, role])).toEqual([
      ['owner@list.example', 'owner'],
      ['analyst@list.example', 'analyst'],
    ]);
    await expect(test.identity.listMembers(as('analyst'))).rejects.toMatchObject(forbidden);
  });

  it('another tenant cannot list, change, remove or take in its members', async () => {
    const one = await company('one', 'owner', 'admin');
    const two = await company('two', 'owner');
    const bob = two.as('owner');
    expect((await test.identity.listMembers(bob)).map(({ email }) => email)).toEqual(['owner@two.example']);
    await expect(test.identity.setRole(bob, one.member('admin'), 'analyst')).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(test.identity.removeMember(bob, one.member('admin'))).rejects.toMatchObject({ code: 'not_found' });
    expect((await test.identity.listMembers(one.as('owner'))).map(({ role }) => role)).toEqual(['owner', 'admin']);
  });

  it('keeps the last owner, also when two of them go at the same moment', async () => {
    const { as, member, tenant } = await company('last', 'owner', 'admin');
    const owner = as('owner');
    await expect(test.identity.setRole(owner, member('owner'), 'admin')).rejects.toMatchObject({ code: 'conflict' });
    await expect(test.identity.removeMember(owner, member('owner'))).rejects.toMatchObject({ code: 'conflict' });
    await test.identity.setRole(owner, member('admin'), 'owner');
    const both = await Promise.allSettled([
      test.identity.removeMember(systemCtx(tenant.id), member('owner')),
      test.identity.setRole(systemCtx(tenant.id), member('admin'), 'analyst'),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const left = await test.identity.listMembers(systemCtx(tenant.id));
    expect(left.filter(({ role }) => role === 'owner')).toHaveLength(1);
  });

  it('lets no admin touch or become an owner', async () => {
    const { as, member } = await company('rank', 'owner', 'admin');
    const admin = as('admin');
    await expect(test.identity.setRole(admin, member('owner'), 'analyst')).rejects.toMatchObject(forbidden);
    await expect(test.identity.removeMember(admin, member('owner'))).rejects.toMatchObject(forbidden);
    await expect(test.identity.setRole(admin, member('admin'), 'owner')).rejects.toMatchObject(forbidden);
    await expect(test.identity.invite(admin, { email: 'x@rank.example', role: 'owner' })).rejects.toMatchObject(
      forbidden,
    );
    const key = testCtx({
      tenantId: admin.tenantId,
      principal: { kind: 'key', id: newId(), name: 'k', scopes: ['admin'] },
    });
    await expect(test.identity.removeMember(key, member('owner'))).rejects.toMatchObject(forbidden);
  });

  it('lets anybody leave, and no reviewer remove another', async () => {
    const { as, member } = await company('leave', 'owner', 'reviewer', 'analyst');
    await expect(test.identity.removeMember(as('reviewer'), member('analyst'))).rejects.toMatchObject(forbidden);
    await test.identity.removeMember(as('analyst'), member('analyst'));
    expect((await test.identity.listMembers(as('owner'))).map(({ role }) => role)).toEqual(['owner', 'reviewer']);
  });

  it('records who became what, and nothing when nothing changed', async () => {
    const { as, member } = await company('record', 'owner', 'analyst');
    test.changes.length = 0;
    await test.identity.setRole(as('owner'), member('analyst'), 'reviewer');
    await test.identity.setRole(as('owner'), member('analyst'), 'reviewer');
    expect(test.changes).toEqual([
      {
        action: 'member.role_changed',
        target: { kind: 'member', id: member('analyst') },
        before: { role: 'analyst' },
        after: { role: 'reviewer' },
      },
    ]);
  });

  it('undoes a change that cannot be recorded', async () => {
    const { as, member } = await company('atomic', 'owner', 'analyst');
    const failing = await openTestIdentity(db.database, { record: () => Promise.reject(new Error('the log is full')) });
    await expect(failing.identity.setRole(as('owner'), member('analyst'), 'admin')).rejects.toThrow('the log is full');
    expect((await test.identity.listMembers(as('owner'))).map(({ role }) => role)).toEqual(['owner', 'analyst']);
    await failing.identity.close();
  });

  it('refuses a second membership and an unknown user', async () => {
    const { as, people, tenant } = await company('twice', 'owner');
    const ctx = systemCtx(tenant.id);
    const again = test.identity.addMember(ctx, { userId: people[0]?.id ?? newId(), role: 'analyst' });
    await expect(again).rejects.toMatchObject({ code: 'conflict' });
    const nobody = test.identity.addMember(as('owner'), { userId: newId<UserId>(), role: 'analyst' });
    await expect(nobody).rejects.toMatchObject({ code: 'not_found' });
  });

  describe('an invitation', () => {
    const tokenOf = (link: string): string => new URLSearchParams(link.split('?')[1]).get('token') ?? '';
    const accept = (token: string, body = {}, cookie?: string) =>
      test.call('/api/auth/invitation/accept', { body: { token, ...body }, ...(cookie && { cookie }) });

    it('lets a new person choose a password and come in', async () => {
      const { as, tenant } = await company('invite', 'owner');
      const made = await test.identity.invite(as('owner'), { email: ' New@Invite.example ', role: 'reviewer' });
      expect(made.link).toMatch(/^http:\/\/127\.0\.0\.1:4000\/#\/invitation\?token=[\w-]{43}$/);
      const token = tokenOf(made.link);
      const offer = await test.call('/api/auth/invitation/read', { body: { token } });
      expect(await offer.json()).toEqual({
        email: 'new@invite.example',
        role: 'reviewer',
        tenant: { id: tenant.id, slug: 'invite', name: 'invite' },
        userExists: false,
      });
      expect((await accept(token, { name: 'New', password: 'short' })).status).toBe(422);
      expect((await accept(token, { name: 'New', password: PASSWORD })).status).toBe(200);
      const headers = new Headers({ cookie: await test.cookieFor('new@invite.example') });
      const who = await test.identity.authenticate({ headers });
      expect(who).toMatchObject({ tenantId: tenant.id, principal: { role: 'reviewer' } });
      expect((await accept(token, { name: 'Again', password: PASSWORD })).status).toBe(404);
      expect(await test.identity.listInvitations(as('owner'))).toEqual([]);
    });

    it('takes a user of another tenant only when they are signed in as the one invited', async () => {
      const { as } = await company('host', 'owner');
      await company('guest', 'owner', 'admin');
      const { link } = await test.identity.invite(as('owner'), { email: 'owner@guest.example', role: 'analyst' });
      const token = tokenOf(link);
      expect((await accept(token, { name: 'Thief', password: PASSWORD })).status).toBe(401);
      expect((await accept(token, {}, await test.cookieFor('admin@guest.example'))).status).toBe(403);
      expect((await accept(token, {}, await test.cookieFor('owner@guest.example'))).status).toBe(200);
      expect((await test.identity.listMembers(as('owner'))).map(({ email }) => email)).toContain('owner@guest.example');
    });

    it('ends when it is cancelled, replaced, expired or used', async () => {
      const { as } = await company('ends', 'owner');
      const invite = () => test.identity.invite(as('owner'), { email: 'late@ends.example', role: 'analyst' });
      const first = await invite();
      const second = await invite();
      const status = async (link: string) =>
        (await test.call('/api/auth/invitation/read', { body: { token: tokenOf(link) } })).status;
      expect(await status(first.link)).toBe(404);
      expect(await status(second.link)).toBe(200);
      await test.identity.cancelInvitation(as('owner'), second.id);
      expect(await status(second.link)).toBe(404);
      const third = await invite();
      test.clock.advance(7 * 86_400_000);
      expect(await status(third.link)).toBe(404);
    });

    it('stores no token', async () => {
      const { as } = await company('hash', 'owner');
      const { link } = await test.identity.invite(as('owner'), { email: 'n@hash.example', role: 'analyst' });
      const [{ dump } = { dump: '' }] = await db.sql<{ dump: string }>(
        `SELECT string_agg(i::text, '') AS dump FROM invitation i`,
      );
      expect(dump).not.toContain(tokenOf(link));
      expect(JSON.stringify(test.changes)).not.toContain(tokenOf(link));
    });

    it('another tenant cannot see or cancel it', async () => {
      const one = await company('inv-one', 'owner');
      const two = await company('inv-two', 'owner');
      const made = await test.identity.invite(one.as('owner'), { email: 'n@inv-one.example', role: 'analyst' });
      expect(await test.identity.listInvitations(two.as('owner'))).toEqual([]);
      await expect(test.identity.cancelInvitation(two.as('owner'), made.id)).rejects.toMatchObject({
        code: 'not_found',
      });
      expect(await test.identity.listInvitations(one.as('owner'))).toHaveLength(1);
    });

    it('is made by those who may, for those who are not members yet', async () => {
      const { as } = await company('may', 'owner', 'reviewer');
      const input = { email: 'n@may.example', role: 'analyst' } as const;
      await expect(test.identity.invite(as('reviewer'), input)).rejects.toMatchObject(forbidden);
      const member = { email: 'reviewer@may.example', role: 'admin' } as const;
      await expect(test.identity.invite(as('owner'), member)).rejects.toMatchObject({ code: 'conflict' });
      const wrong = { email: 'not an address', role: 'analyst' } as const;
      await expect(test.identity.invite(as('owner'), wrong)).rejects.toMatchObject({ details: { path: 'email' } });
    });
  });

  it('keeps tenants apart by mechanism: the identity role may look members and keys up, and change none', async () => {
    const { tenant, people } = await company('mechanism', 'owner');
    const stray = { id: newId(), tenantId: tenant.id, userId: people[0]?.id ?? '', role: 'owner' } as const;
    await expect(db.database.identity.member.create({ data: stray })).rejects.toThrow(/permission denied/);
    await expect(db.database.identity.apiKey.deleteMany()).rejects.toThrow(/permission denied/);
    await expect(db.database.inTenant({ tenantId: tenant.id }, (tx) => tx.user.findMany())).rejects.toThrow(
      /permission denied/,
    );
  });

  it('refuses a second tenant or user of the same name', async () => {
    await company('taken', 'owner');
    await expect(test.identity.createTenant({ slug: 'taken', name: 'Other' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(test.identity.createTenant({ slug: 'Not A Slug', name: 'X' })).rejects.toMatchObject({
      details: { path: 'slug' },
    });
    const user = test.identity.createUser({ email: 'OWNER@taken.example', name: 'Other', password: PASSWORD });
    await expect(user).rejects.toMatchObject({ code: 'conflict' });
  });
});
