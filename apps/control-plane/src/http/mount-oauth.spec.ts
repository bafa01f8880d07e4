import { afterEach, describe, expect, it } from '@jest/globals';
import { AppError, newId, systemCtx, type ConnectionId, type TenantId } from '@switchyard/kernel';
import fastify, { type FastifyInstance } from 'fastify';
import type { OpenCtxOptions, Services } from '../services.ts';
import { mountOAuth } from './mount-oauth.ts';

const tenantId = newId<TenantId>();
const connectionId = newId<ConnectionId>();
const STATE = `${tenantId}.${'s'.repeat(43)}`;

describe('the way back from an authorization server', () => {
  let server: FastifyInstance | undefined;
  afterEach(() => server?.close());

  /** What the page is told, and what was asked of the library. */
  async function comeBack(
    query: Record<string, string>,
    finish: () => Promise<{ connectionId: ConnectionId; own: boolean }>,
    openCtx?: () => Promise<never>,
  ) {
    const seen: { opened: OpenCtxOptions[]; logged: unknown[]; finished: unknown[] } = {
      opened: [],
      logged: [],
      finished: [],
    };
    const services = {
      publicUrl: 'https://switchyard.example',
      accounts: {
        clientDocument: () => undefined,
        finish: async (_ctx: unknown, returned: unknown) => {
          seen.finished.push(returned);
          return finish();
        },
      },
      ledger: { admitRequest: async () => undefined },
      openCtx: async (_request: unknown, options: OpenCtxOptions) => {
        seen.opened.push(options);
        return openCtx ? openCtx() : systemCtx(tenantId);
      },
      sessionOf: async () => 'the session',
      errorBody: (error: unknown) => seen.logged.push(error),
    } as unknown as Services;
    server = fastify();
    mountOAuth(server, services);
    const answer = await server.inject({ url: `/oauth/callback?${new URLSearchParams(query)}` });
    return { ...seen, answer, location: String(answer.headers.location) };
  }
  const refuse = (error: unknown) => () => Promise.reject(error);

  it.each([
    [true, `https://switchyard.example/#/accounts?connected=${connectionId}`],
    [false, `https://switchyard.example/#/connections/${connectionId}/show?connected=yes`],
  ])('ends at the page that it began on (an own account: %s)', async (own, page) => {
    const query = { state: STATE, code: 'a code', iss: 'https://as.example' };
    const back = await comeBack(query, async () => ({ connectionId, own }));
    expect(back.location).toBe(page);
    expect(back.answer.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect(back.finished).toEqual([{ ...query, session: 'the session' }]);
    expect(back.opened).toEqual([{ accept: ['session'], returningTo: tenantId }]);
  });

  it('asks nobody about a state that is none of ours', async () => {
    for (const state of ['', 'x', `${tenantId}.short`, `' OR 1=1 --.${'s'.repeat(43)}`, 's'.repeat(5_000)]) {
      const back = await comeBack({ state, code: 'c' }, refuse(new Error('asked')));
      expect(back.location).toMatch(/#\/accounts\?refused=oauth_state$/);
      expect([...back.opened, ...back.finished]).toEqual([]);
      await server?.close();
    }
  });

  it.each<[string, unknown, string]>([
    ['another issuer', new AppError('forbidden', 'm', { reason: 'oauth_issuer' }), 'oauth_issuer'],
    ['a reason that the page has no words for', new AppError('forbidden', 'm', { reason: '<script>' }), 'failed'],
    ['a connection that was changed', new AppError('conflict', 'm'), 'changed'],
    ['a bug', new TypeError('a code'), 'failed'],
  ])('tells the page a word of a closed list: %s', async (_what, error, word) => {
    const back = await comeBack({ state: STATE, code: 'a-code', error: '<b>' }, refuse(error));
    expect(back.answer.statusCode).toBe(303);
    expect(back.location).toBe(`https://switchyard.example/#/accounts?refused=${word}`);
    expect(back.logged).toEqual([error]);
  });

  it('says that the session has ended', async () => {
    const ended = refuse(new AppError('unauthenticated', 'm'));
    const back = await comeBack({ state: STATE, code: 'c' }, refuse(new Error('asked')), ended);
    expect(back.location).toMatch(/refused=signed_out$/);
    expect(back.finished).toEqual([]);
  });
});
