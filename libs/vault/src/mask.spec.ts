import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maskSecrets } from './mask.ts';

const SECRET = 'p@ss "w/rd" + key=ü42';

describe('maskSecrets', () => {
  const mask = maskSecrets({ TOKEN: SECRET });

  it.each([
    ['as it is', SECRET],
    ['JSON-escaped', JSON.stringify({ echoed: SECRET })],
    ['JSON in JSON', JSON.stringify({ body: JSON.stringify({ echoed: SECRET }) })],
    ['JSON with escaped unicode', JSON.stringify(SECRET).replace('ü', '\\u00fc')],
    ['URL-encoded', `https://api.example.com/?key=${encodeURIComponent(SECRET)}&page=2`],
    ['form-encoded', new URLSearchParams({ key: SECRET }).toString()],
    ['in base64', `data: ${Buffer.from(SECRET).toString('base64')}`],
    ['as the password of basic authorisation', `Basic ${Buffer.from(`ada:${SECRET}`).toString('base64')}`],
    ['in base64url after two bytes', Buffer.from(`12${SECRET}`).toString('base64url')],
    ['in hexadecimal', Buffer.from(SECRET).toString('hex')],
  ])('finds the secret %s', (_how, text) => {
    const masked = mask(text);
    expect(masked).toContain('[secret:TOKEN]');
    expect(masked).not.toContain('w/rd');
    expect(masked).not.toContain('w%2Frd');
  });

  it('finds the token of a stored authorisation header', () => {
    expect(maskSecrets({ Authorization: 'Bearer abcdef123456' })('you sent abcdef123456')).toBe(
      'you sent [secret:Authorization]',
    );
  });

  it('takes the longer of two secrets that begin alike', () => {
    expect(maskSecrets({ SHORT: 'abcd', LONG: 'abcdefgh' })('abcdefgh abcdX')).toBe('[secret:LONG] [secret:SHORT]X');
  });

  it('leaves other text alone, and everything when there is no secret', () => {
    expect(mask('nothing here')).toBe('nothing here');
    expect(maskSecrets({})('anything')).toBe('anything');
  });

  it('leaves no secret in any text around it', () => {
    const secrets = fc.string({ minLength: 4, maxLength: 40, unit: 'binary' });
    fc.assert(
      fc.property(secrets, fc.string(), fc.string(), (secret, before, after) => {
        const masked = maskSecrets({ S: secret })(`${before}${secret}${after}`);
        return masked.includes('[secret:S]');
      }),
    );
  });
});
