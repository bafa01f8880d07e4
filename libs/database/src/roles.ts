import { createHmac } from 'node:crypto';
import pg from 'pg';

/** The roles the product works as; the owner's URL is used for migrations only. */
export const APP_ROLE = 'switchyard_app';
export const IDENTITY_ROLE = 'switchyard_identity';
const ROLE_LOCK = 7_301_156;

export interface RoleUrls {
  readonly app: string;
  readonly identity: string;
}

/** Derived from the owner's password, so that every process with the same DATABASE_URL comes to the same one. */
const rolePassword = (ownerUrl: string, role: string): string =>
  createHmac('sha256', decodeURIComponent(new URL(ownerUrl).password))
    .update(role)
    .digest('base64url');

function roleUrl(ownerUrl: string, role: string): string {
  const url = new URL(ownerUrl);
  url.username = role;
  url.password = rolePassword(ownerUrl, role);
  return url.href;
}

export const roleUrls = (ownerUrl: string): RoleUrls => ({
  app: roleUrl(ownerUrl, APP_ROLE),
  identity: roleUrl(ownerUrl, IDENTITY_ROLE),
});

async function canLogIn(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Lets both roles log in, after `migrate` has made them. Changes nothing when they already can. */
export async function provisionRoles(ownerUrl: string): Promise<RoleUrls> {
  const urls = roleUrls(ownerUrl);
  if ((await canLogIn(urls.app)) && (await canLogIn(urls.identity))) return urls;
  const client = new pg.Client(ownerUrl);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [ROLE_LOCK]);
    for (const role of [APP_ROLE, IDENTITY_ROLE]) {
      const password = pg.escapeLiteral(rolePassword(ownerUrl, role));
      await client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${password}`);
      await client.query(`ALTER ROLE ${role} SET statement_timeout = '15s'`);
      await client.query(`ALTER ROLE ${role} SET idle_in_transaction_session_timeout = '30s'`);
    }
    return urls;
  } finally {
    await client.end();
  }
}
