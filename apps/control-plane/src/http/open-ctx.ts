import { TENANT_HEADER, type Identity } from '@switchyard/identity';
import { AppError, type Ctx } from '@switchyard/kernel';
import type { OpenCtxOptions } from '../services.ts';
import { traceIdOf, webHeaders, type SwitchyardRequest } from './request.ts';

/** Of a browser that another site sent back, the cookie alone, for the tenant that it comes back to. */
function headersOf(request: SwitchyardRequest, { returningTo }: OpenCtxOptions): Headers {
  if (returningTo === undefined) return webHeaders(request.headers);
  return new Headers({ cookie: request.headers.cookie ?? '', [TENANT_HEADER]: returningTo });
}

/** The browser's session behind a request. Throws AppError `unauthenticated` where there is none. */
export async function sessionOf(
  identity: Pick<Identity, 'authenticate'>,
  request: SwitchyardRequest,
  options: OpenCtxOptions = {},
): Promise<string> {
  const { sessionId } = await identity.authenticate({ headers: headersOf(request, options), accept: ['session'] });
  if (sessionId === undefined) throw new AppError('unauthenticated', 'Sign in to the console first.');
  return sessionId;
}

/** Identity says who it is; everything else of the context comes from the request. */
export async function openCtx(
  identity: Pick<Identity, 'authenticate'>,
  request: SwitchyardRequest,
  stopping: AbortSignal,
  options: OpenCtxOptions = {},
): Promise<Ctx> {
  const { accept } = options;
  const { tenantId, principal, via } = await identity.authenticate({
    headers: headersOf(request, options),
    ...(accept ? { accept } : {}),
  });
  const conversation = request.headers['x-switchyard-conversation'];
  return {
    tenantId,
    principal,
    surface: options.surface ?? (via === 'session' ? 'console' : 'rest'),
    traceId: traceIdOf(request),
    ...(request.span ? { span: request.span } : {}),
    signal: request.gone ? AbortSignal.any([request.gone, stopping]) : stopping,
    ip: request.ip,
    ...(typeof conversation === 'string' && conversation !== '' ? { conversation: conversation.slice(0, 200) } : {}),
  };
}
