import pg from 'pg';
import { APP_ROLE, IDENTITY_ROLE } from './roles.ts';

/**
 * What is wrong with the row-level security of this database, in sentences; empty when all is well. Walks the
 * catalogue, so that a table nobody thought of is found too. `url` is of any role that may log in.
 */
export async function protectionGaps(url: string): Promise<string[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const tables = await client.query<{
      name: string;
      enabled: boolean;
      forced: boolean;
      tenantOwned: boolean;
      policies: string[];
    }>(`
      SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
             EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS "tenantOwned",
             ARRAY(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'`);
    const roles = await client.query<{ name: string; bypasses: boolean }>(
      `SELECT rolname AS name, rolsuper OR rolbypassrls AS bypasses FROM pg_roles WHERE rolname = ANY ($1)`,
      [[APP_ROLE, IDENTITY_ROLE]],
    );
    return [
      ...tables.rows.flatMap((table) => [
        ...(table.enabled && table.forced ? [] : [`table ${table.name} has no forced row-level security`]),
        ...(table.tenantOwned &&
        !table.policies.some((policy) => policy === 'tenant_isolation' || policy === 'identity_only')
          ? [`table ${table.name} belongs to tenants but has no policy`]
          : []),
      ]),
      ...roles.rows.flatMap((role) => (role.bypasses ? [`role ${role.name} bypasses row-level security`] : [])),
    ];
  } finally {
    await client.end();
  }
}
