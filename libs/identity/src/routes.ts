import { AppError, type ErrorCode } from '@switchyard/kernel';
import { APIError, createAuthEndpoint, getSessionFromCtx, sessionMiddleware } from 'better-auth/api';
import type { BetterAuthPlugin } from 'better-auth';
import { z } from 'zod';
import type { Person } from './change.ts';
import type { Invitations } from './invitations.store.ts';
import type { Membership } from './tenants.store.ts';

type ApiStatus = ConstructorParameters<typeof APIError>[0];

const STATUS: Readonly<Record<ErrorCode, ApiStatus>> = {
  invalid_request: 'BAD_REQUEST',
  unprocessable: 'UNPROCESSABLE_ENTITY',
  unauthenticated: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  not_found: 'NOT_FOUND',
  conflict: 'CONFLICT',
  too_large: 'PAYLOAD_TOO_LARGE',
  rate_limited: 'TOO_MANY_REQUESTS',
  budget_exceeded: 'TOO_MANY_REQUESTS',
  unavailable: 'SERVICE_UNAVAILABLE',
  upstream_failed: 'BAD_GATEWAY',
  timeout: 'GATEWAY_TIMEOUT',
};

async function answering<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new APIError(STATUS[error.code], { code: error.code, message: error.message, details: error.details });
  }
}

export interface RouteServices {
  readonly invitations: Pick<Invitations, 'readInvitation' | 'acceptInvitation'>;
  readonly membershipsOf: (userId: string) => Promise<Membership[]>;
  /** Throws AppError `forbidden` when the person is no member. */
  readonly activate: (session: { id: string; userId: string }, tenantId: string) => Promise<Membership>;
  readonly oidcName: string | undefined;
}

const personOf = (user: { id: string; name: string; email: string }): Person => ({
  id: user.id as Person['id'],
  name: user.name,
  email: user.email,
});

const token = z.string().min(20).max(200);

/** What the console needs and better-auth lacks, as a plugin, so that its session, origin check and limits hold here too. */
export const consoleRoutes = (services: RouteServices) =>
  ({
    id: 'switchyard',
    endpoints: {
      providers: createAuthEndpoint('/providers', { method: 'GET' }, async (ctx) =>
        ctx.json({ password: true, oidc: services.oidcName ? { id: 'oidc', name: services.oidcName } : null }),
      ),
      me: createAuthEndpoint('/me', { method: 'GET', use: [sessionMiddleware] }, async (ctx) => {
        const { user, session } = ctx.context.session;
        return ctx.json({
          user: { ...personOf(user), twoFactor: user['twoFactorEnabled'] === true },
          activeTenantId: (session['activeTenantId'] as string | null | undefined) ?? null,
          tenants: await services.membershipsOf(user.id),
        });
      }),
      activateTenant: createAuthEndpoint(
        '/tenant/activate',
        { method: 'POST', use: [sessionMiddleware], body: z.object({ tenantId: z.uuid() }) },
        async (ctx) => {
          const { session } = ctx.context.session;
          return ctx.json(await answering(() => services.activate(session, ctx.body.tenantId)));
        },
      ),
      readInvitation: createAuthEndpoint(
        '/invitation/read',
        { method: 'POST', body: z.object({ token }) },
        async (ctx) => ctx.json(await answering(() => services.invitations.readInvitation(ctx.body.token))),
      ),
      acceptInvitation: createAuthEndpoint(
        '/invitation/accept',
        {
          method: 'POST',
          body: z.object({ token, name: z.string().optional(), password: z.string().optional() }),
        },
        async (ctx) => {
          const session = await getSessionFromCtx(ctx);
          const signedIn = session ? { signedIn: personOf(session.user) } : {};
          return ctx.json(await answering(() => services.invitations.acceptInvitation({ ...ctx.body, ...signedIn })));
        },
      ),
    },
    rateLimit: [{ pathMatcher: (path) => path.startsWith('/invitation/'), window: 60, max: 30 }],
  }) satisfies BetterAuthPlugin;
