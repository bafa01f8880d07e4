import { describe, expect, it } from '@jest/globals';
import { requireReader, type MetricsAccess } from './mount-metrics.ts';

const TOKEN = 'a token of the operator';
const reads = (
  access: Partial<MetricsAccess>,
  headers: Record<string, string> = {},
  remoteAddress: string | undefined = '127.0.0.1',
): string => {
  try {
    requireReader({ headers, socket: { remoteAddress } }, { token: undefined, trustProxy: false, ...access });
    return 'read';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('who reads metrics', () => {
  it('without a token: whoever is on this machine', () => {
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.1'].map((address) => reads({}, {}, address))).toEqual(
      Array(3).fill('read'),
    );
    expect(reads({}, {}, '10.0.0.7')).toBe('forbidden');
  });

  it('nobody who came through a proxy on this machine', () => {
    for (const header of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])
      expect(reads({}, { [header]: '203.0.113.9' })).toBe('forbidden');
    expect(reads({ trustProxy: true })).toBe('forbidden');
  });

  it('with a token: whoever has it, wherever they are, and nobody else', () => {
    const access = { token: TOKEN };
    expect(reads(access, { authorization: `Bearer ${TOKEN}` }, '10.0.0.7')).toBe('read');
    expect(reads(access, { authorization: `Bearer ${TOKEN}`, via: 'proxy' }, '10.0.0.7')).toBe('read');
    expect(reads(access)).toBe('unauthenticated');
    expect(reads(access, { authorization: `Bearer ${TOKEN}x` })).toBe('unauthenticated');
    expect(reads(access, { authorization: 'Bearer sy_a_key_of_a_tenant' })).toBe('unauthenticated');
  });

  it('a key of a tenant opens them nowhere', () => {
    expect(reads({}, { authorization: 'Bearer sy_a_key_of_a_tenant' })).toBe('unauthenticated');
  });
});
