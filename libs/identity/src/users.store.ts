import { Prisma, type Database } from '@switchyard/database';
import { AppError, newId, type UserId } from '@switchyard/kernel';
import { z } from 'zod';
import type { Person } from './change.ts';

export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 128;

export const emailSchema = z.string().trim().toLowerCase().pipe(z.email()).pipe(z.string().max(254));
export const nameSchema = z.string().trim().min(1).max(100);
export const passwordSchema = z.string().min(PASSWORD_MIN).max(PASSWORD_MAX);

/** Parses, or throws AppError `unprocessable` with the field's path. */
export function parse<T>(schema: z.ZodType<T>, path: string, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues[0]?.message ?? 'not acceptable';
  throw new AppError('unprocessable', `The ${path} is not acceptable: ${why}.`, { path });
}

export const isDuplicate = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';

type Users = Pick<Database, 'identity'>;

const toPerson = (row: { id: string; name: string; email: string }): Person => ({
  id: row.id as UserId,
  name: row.name,
  email: row.email,
});

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

/**
 * `emailVerified` says that somebody vouches for the address: an account of an identity provider with the same address
 * may then be linked to this user without asking.
 */
export async function insertUser(
  { identity }: Users,
  user: NewUser & { readonly emailVerified: boolean },
  hashPassword: (password: string) => Promise<string>,
): Promise<Person> {
  const email = parse(emailSchema, 'email', user.email);
  const name = parse(nameSchema, 'name', user.name);
  const password = await hashPassword(parse(passwordSchema, 'password', user.password));
  const id = newId<UserId>();
  try {
    await identity.user.create({
      data: {
        id,
        email,
        name,
        emailVerified: user.emailVerified,
        accounts: { create: { id: newId(), providerId: 'credential', accountId: id, password } },
      },
    });
  } catch (error) {
    if (isDuplicate(error)) throw new AppError('conflict', `There is a user ${email} already: add them to the tenant.`);
    throw error;
  }
  return { id, email, name };
}

export async function findUser({ identity }: Users, email: string): Promise<Person | undefined> {
  const row = await identity.user.findUnique({ where: { email: parse(emailSchema, 'email', email) } });
  return row ? toPerson(row) : undefined;
}

export async function findUsers({ identity }: Users, ids: readonly string[]): Promise<ReadonlyMap<string, Person>> {
  const rows = await identity.user.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, toPerson(row)]));
}

/** Sets the password anew and ends every session of the user. */
export async function replacePassword(
  { identity }: Users,
  userId: UserId,
  password: string,
  hashPassword: (password: string) => Promise<string>,
): Promise<void> {
  const hash = await hashPassword(parse(passwordSchema, 'password', password));
  const where = { providerId_accountId: { providerId: 'credential', accountId: userId } };
  const create = { id: newId(), providerId: 'credential', accountId: userId, userId, password: hash };
  await identity.$transaction([
    identity.account.upsert({ where, create, update: { password: hash } }),
    identity.session.deleteMany({ where: { userId } }),
  ]);
}
