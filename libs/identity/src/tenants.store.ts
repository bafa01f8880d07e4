import type { Database } from '@switchyard/database';
import { AppError, newId, systemCtx, type Role, type TenantId } from '@switchyard/kernel';
import { z } from 'zod';
import type { RecordIdentityChange } from './change.ts';
import { isDuplicate, nameSchema, parse } from './users.store.ts';

export interface Tenant {
  readonly id: TenantId;
  /** Stands in commands and URLs; never changes. */
  readonly slug: string;
  readonly name: string;
  readonly createdAt: Date;
}

export interface Membership {
  readonly tenantId: TenantId;
  readonly slug: string;
  readonly name: string;
  readonly role: Role;
}

const slugSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/, 'use a-z, 0-9 and "-", at most 48');

const toTenant = (row: { id: string; slug: string; name: string; createdAt: Date }): Tenant => ({
  id: row.id as TenantId,
  slug: row.slug,
  name: row.name,
  createdAt: row.createdAt,
});

type Tenants = Pick<Database, 'identity' | 'inTenant'>;

export async function insertTenant(
  { identity, inTenant }: Tenants,
  record: RecordIdentityChange,
  input: { readonly slug: string; readonly name: string },
): Promise<Tenant> {
  const slug = parse(slugSchema, 'slug', input.slug);
  const name = parse(nameSchema, 'name', input.name);
  try {
    const tenant = toTenant(await identity.tenant.create({ data: { id: newId(), slug, name } }));
    const ctx = systemCtx(tenant.id);
    const target = { kind: 'tenant', id: tenant.id } as const;
    await inTenant(ctx, (tx) => record(tx, ctx, { action: 'tenant.created', target, after: { slug, name } }));
    return tenant;
  } catch (error) {
    if (isDuplicate(error)) throw new AppError('conflict', `There is a tenant "${slug}" already: take another slug.`);
    throw error;
  }
}

export const findTenants = async ({ identity }: Pick<Database, 'identity'>): Promise<Tenant[]> =>
  (await identity.tenant.findMany({ orderBy: { createdAt: 'asc' } })).map(toTenant);

export async function findTenant({ identity }: Pick<Database, 'identity'>, slug: string): Promise<Tenant | undefined> {
  const row = await identity.tenant.findUnique({ where: { slug } });
  return row ? toTenant(row) : undefined;
}

/** The tenants of a person, the oldest membership first. */
export async function findMemberships({ identity }: Pick<Database, 'identity'>, userId: string): Promise<Membership[]> {
  const rows = await identity.member.findMany({
    where: { userId },
    include: { tenant: true },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map(({ tenant, role }) => ({
    tenantId: tenant.id as TenantId,
    slug: tenant.slug,
    name: tenant.name,
    role,
  }));
}
