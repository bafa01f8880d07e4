import { describe, expect, it } from '@jest/globals';
import { databaseAway } from './database-away.ts';

const thrown = (name: string, message: string, code?: string): Error =>
  Object.assign(new Error(message), { name, code });

describe('what a store throws', () => {
  it.each([
    ['PrismaClientKnownRequestError', "Can't reach database server at 127.0.0.1:5432", 'P1001'],
    [
      'PrismaClientKnownRequestError',
      'Database error. Code: `57P03`. Message: `the database system is starting up`',
      '',
    ],
    ['PrismaClientUnknownRequestError', 'Database error. Code: `57P01`. Message: `terminating connection`', ''],
    ['PrismaClientInitializationError', 'whatever it was', ''],
    ['error', 'terminating connection due to administrator command', '57P01'],
    ['Error', 'Connection terminated unexpectedly', ''],
    ['Error', 'Client has encountered a connection error and is not queryable', ''],
  ])('while the database is away is a refusal that says to come again: %s %s', (name, message, code) => {
    const refusal = databaseAway(thrown(name, message, code));
    expect(refusal).toMatchObject({ code: 'unavailable', details: { retryAfterSeconds: 2 } });
    expect(refusal?.message).not.toContain('127.0.0.1');
  });

  it('from the adapter, which tells by its kind', () => {
    const closed = Object.assign(thrown('DriverAdapterError', 'ConnectionClosed'), {
      cause: { kind: 'ConnectionClosed' },
    });
    expect(databaseAway(closed)).toMatchObject({ code: 'unavailable' });
    const twice = Object.assign(thrown('DriverAdapterError', 'x'), { cause: { kind: 'UniqueConstraintViolation' } });
    expect(databaseAway(twice)).toBeUndefined();
  });

  it.each([
    ['error', 'duplicate key value', '23505'],
    ['PrismaClientKnownRequestError', 'Unique constraint failed', 'P2002'],
    ['PrismaClientKnownRequestError', 'Raw query failed. Code: `42P01`. Message: `relation does not exist`', 'P2010'],
    ['TypeError', 'Code: `57P03`', 'P1001'],
  ])('for another reason is a bug: %s %s', (name, message, code) => {
    expect(databaseAway(thrown(name, message, code))).toBeUndefined();
  });
});
