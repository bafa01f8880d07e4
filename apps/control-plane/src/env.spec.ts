import { describe, expect, it } from '@jest/globals';
import { readEnv } from './env.ts';

const base = {
  SWITCHYARD_HOME: '/tmp/somewhere',
  PORT: '4000',
  DATABASE_APP_URL: 'postgres://a@localhost/x',
  DATABASE_IDENTITY_URL: 'postgres://b@localhost/x',
};

describe('validation', () => {
  it('is on unless told otherwise', () => {
    expect(readEnv(base).SWITCHYARD_VALIDATION).toBe('enforce');
    expect(readEnv({ ...base, NODE_ENV: 'production' }).SWITCHYARD_VALIDATION).toBe('enforce');
  });

  it('can be switched off for tests, and never in production', () => {
    expect(readEnv({ ...base, SWITCHYARD_VALIDATION: 'off' }).SWITCHYARD_VALIDATION).toBe('off');
    expect(() => readEnv({ ...base, SWITCHYARD_VALIDATION: 'off', NODE_ENV: 'production' })).toThrow(
      'SWITCHYARD_VALIDATION=off is for tests of the sandbox',
    );
  });
});
