import { randomBytes } from 'node:crypto';
import { FIRST_PARTY, type Host } from '@switchyard/host';
import type { RoleUrls } from '@switchyard/database';
import { systemCtx, type Ctx } from '@switchyard/kernel';
import { seedProducts } from '@switchyard/servers';
import type { Env } from './env.ts';
import { openCliHost } from './host.ts';

const SLUG = 'demo';
const EMAIL = 'owner@demo.example';
const PRODUCTS = 5_000;

export interface SeededOwner {
  readonly email: string;
  readonly password: string;
}

/** The tenant `demo`, ready to use; gives its owner's password when it was made now. What a crash left half-made is completed. */
export async function seedDemo(env: Env, urls: RoleUrls): Promise<SeededOwner | undefined> {
  const host = await openCliHost(env, urls);
  try {
    const tenant =
      (await host.identity.tenantBySlug(SLUG)) ??
      (await host.identity.createTenant({ slug: SLUG, name: 'Demo Industrial Parts' }));
    const ctx = systemCtx(tenant.id);
    await seedProducts(host.database, ctx, PRODUCTS);
    await connectFirstParty(host, ctx);
    return await seedOwner(host, ctx);
  } finally {
    await host.close();
  }
}

/** Connects a tenant to the product's own tool servers and lets every role and every key use them. */
export async function connectFirstParty(host: Host, ctx: Ctx): Promise<void> {
  const connected = new Map((await host.connections.list(ctx)).map((connection) => [connection.name, connection]));
  for (const name of FIRST_PARTY) {
    const known = connected.get(name);
    if (known) {
      await host.connections.check(ctx, known.id); // an update may have brought tools
      continue;
    }
    const { id } = await host.connections.add(ctx, { name, builtin: true });
    await host.connections.check(ctx, id);
    const subjects = ['owner', 'admin', 'reviewer', 'analyst', 'api_key'];
    const changes = subjects.map((subject) => ({
      subjectKind: 'role' as const,
      subject,
      server: name,
      tool: '*',
      effect: 'allow' as const,
    }));
    await host.policy.setGrants(ctx, { changes });
  }
}

async function seedOwner(host: Host, ctx: Ctx): Promise<SeededOwner | undefined> {
  if ((await host.identity.listMembers(ctx)).length > 0) return undefined;
  const password = randomBytes(15).toString('base64url');
  const known = await host.identity.userByEmail(EMAIL);
  if (known) await host.identity.setPassword(EMAIL, password);
  const user = known ?? (await host.identity.createUser({ email: EMAIL, name: 'Demo owner', password }));
  await host.identity.addMember(ctx, { userId: user.id, role: 'owner' });
  return { email: EMAIL, password };
}
