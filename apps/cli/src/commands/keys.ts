import { AppError, isUuid, SCOPES, type KeyId, type Scope } from '@switchyard/kernel';
import type { Command } from 'commander';
import type { Env } from '../env.ts';
import { withHost } from '../host.ts';
import { print, table } from '../output.ts';

const DAY_MS = 86_400_000;
const MAX_DAYS = 3_650;

function parseScopes(text: string): Scope[] {
  const wanted = text.split(',').map((scope) => scope.trim());
  const known = SCOPES.filter((scope) => wanted.includes(scope));
  if (known.length !== wanted.length)
    throw new AppError('unprocessable', `--scopes takes ${SCOPES.join(', ')}, separated by commas`);
  return known;
}

/** Never "no expiry" by a slip of the fingers. */
function parseExpiry(text: string | undefined): { expiresAt?: Date } {
  if (text === undefined) return {};
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS)
    throw new AppError('unprocessable', `--expires-in-days takes a whole number from 1 to ${MAX_DAYS}, not "${text}"`);
  return { expiresAt: new Date(Date.now() + days * DAY_MS) };
}

function parseId(text: string): KeyId {
  if (!isUuid(text)) throw new AppError('unprocessable', `"${text}" is no key's id: key list shows them`);
  return text as KeyId;
}

export function addKeyCommands(program: Command, env: Env): void {
  const key = program.command('key').description('API keys of a tenant');
  key
    .command('create')
    .description('makes a key and prints it alone: it is shown this once')
    .requiredOption('--tenant <slug>')
    .requiredOption('--name <name>')
    .requiredOption('--scopes <list>', `of ${SCOPES.join(', ')}`)
    .option('--expires-in-days <n>', 'days until it expires')
    .option('--json')
    .action(
      async (options: { tenant: string; name: string; scopes: string; expiresInDays?: string; json?: boolean }) => {
        const scopes = parseScopes(options.scopes);
        const expiry = parseExpiry(options.expiresInDays);
        const created = await withHost(env, async (host) => {
          const { ctx } = await host.operatorCtx(options.tenant);
          return host.identity.createKey(ctx, { name: options.name, scopes, ...expiry });
        });
        print(created, created.key, options.json);
      },
    );
  key
    .command('list')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (options: { tenant: string; json?: boolean }) => {
      const keys = await withHost(env, async (host) =>
        host.identity.listKeys((await host.operatorCtx(options.tenant)).ctx),
      );
      const rows = keys.map((one) => [
        one.id,
        one.name,
        one.scopes.join(','),
        one.revokedAt ? 'revoked' : 'valid',
        one.lastUsedAt?.toISOString() ?? 'never used',
      ]);
      print(keys, table(['id', 'name', 'scopes', 'state', 'last use'], rows), options.json);
    });
  key
    .command('revoke <id>')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (id: string, options: { tenant: string; json?: boolean }) => {
      const keyId = parseId(id);
      await withHost(env, async (host) => host.identity.revokeKey((await host.operatorCtx(options.tenant)).ctx, keyId));
      print({ revoked: id }, `revoked ${id}`, options.json);
    });
}
