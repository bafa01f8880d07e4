import { createHash } from 'node:crypto';
import { AppError, type Ctx } from '@switchyard/kernel';
import { TENANT_LIMITS } from './limits.ts';

export const TIERS = ['strict', 'session'] as const;
/** `strict`: a process for each run. `session`: the runs of one caller in one conversation follow each other in one. */
export type Tier = (typeof TIERS)[number];

/** Whether the tenant has said that runs may share processes at all. */
export type MayShare = (ctx: Ctx) => Promise<boolean>;

/** Of `wanted`: what the request asks for, and the memory that its run may use. */
interface Wanted {
  readonly tier: Tier | undefined;
  readonly memoryBytes: number;
}

/** Throws AppError for a session that nobody allowed, or that belongs to no conversation. */
export async function tierOf(
  mayShare: MayShare | undefined,
  ctx: Ctx,
  { tier: wanted, memoryBytes }: Wanted,
): Promise<Tier> {
  if (wanted === 'strict' || (wanted === undefined && ctx.conversation === undefined)) return 'strict';
  const may = mayShare !== undefined && (await mayShare(ctx));
  if (wanted === 'session') {
    if (ctx.conversation === undefined)
      throw new AppError('unprocessable', 'tier: a session belongs to a conversation, so give one.', { path: 'tier' });
    if (!may)
      throw new AppError(
        'forbidden',
        'This tenant runs all code strictly. An admin may turn the flag MCP_STRICT_SANDBOX off.',
        { path: 'tier' },
      );
  }
  // A process is started with its limit of memory: a run with another one gets its own.
  return may && memoryBytes === TENANT_LIMITS.memoryBytes ? 'session' : 'strict';
}

/** Tenant, caller and conversation as a word that tells the executor nothing but which runs may share a process. */
export const sessionOf = ({ tenantId, principal, conversation }: Ctx): string =>
  createHash('sha256')
    .update(JSON.stringify(['session', tenantId, principal.kind, principal.id, conversation]))
    .digest('base64url');
