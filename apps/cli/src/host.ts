import path from 'node:path';
import { openHost, smtpOf, VERSION, type Host } from '@switchyard/host';
import type { Tenant } from '@switchyard/identity';
import { AppError, type Ctx } from '@switchyard/kernel';
import { prepareDatabase, reachDatabase } from './database-server.ts';
import type { Env } from './env.ts';

export interface OperatorHost extends Host {
  /** The context of the person at the host's command line. Throws when there is no tenant of this slug. */
  operatorCtx(slug: string): Promise<{ ctx: Ctx; tenant: Tenant }>;
}

/** The libraries over the database, for as long as `work` takes, whether or not Switchyard runs. */
export async function withHost<T>(env: Env, work: (host: OperatorHost) => Promise<T>): Promise<T> {
  const server = await reachDatabase(env);
  try {
    const host = await openCliHost(env, await prepareDatabase(server.url));
    try {
      return await work({ ...host, operatorCtx: (slug) => operatorCtx(host, slug) });
    } finally {
      await host.close();
    }
  } finally {
    await server.leave();
  }
}

export const openCliHost = (env: Env, urls: { app: string; identity: string }): Promise<Host> =>
  openHost({
    urls,
    databasePoolSize: 4,
    home: env.home,
    baseUrl: env.apiUrl,
    version: VERSION,
    egressAllow: env.SWITCHYARD_EGRESS_ALLOW,
    stdioEnvironment: env.stdioEnvironment,
    stdioPresets: env.SWITCHYARD_STDIO_PRESETS,
    opa: env.SWITCHYARD_OPA,
    keyEncryptionKeys: env.SWITCHYARD_KEK,
    auditKey: env.SWITCHYARD_AUDIT_KEY,
    identitySecret: env.SWITCHYARD_SECRET,
    smtp: smtpOf(env),
    startsRuns: false,
    log: (level, message) => void (level === 'error' && process.stderr.write(`${message}\n`)),
  });

export const keyFile = (env: Env, slug: string): string => path.join(env.home, 'cli-keys', `${slug}.key`);

async function operatorCtx(host: Host, slug: string): Promise<{ ctx: Ctx; tenant: Tenant }> {
  const tenant = await host.identity.tenantBySlug(slug);
  if (!tenant) {
    const known = (await host.identity.listTenants()).map((one) => one.slug).join(', ');
    throw new AppError('not_found', `There is no tenant "${slug}". There are: ${known || 'none yet'}.`);
  }
  const ctx: Ctx = {
    tenantId: tenant.id,
    principal: { kind: 'operator', id: 'operator', name: 'operator' },
    surface: 'cli',
    traceId: '0'.repeat(32),
    signal: new AbortController().signal,
  };
  return { ctx, tenant };
}
