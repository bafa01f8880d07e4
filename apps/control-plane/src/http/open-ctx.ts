import type { Identity } from '@switchyard/identity';
import type { Ctx } from '@switchyard/kernel';
import type { OpenCtxOptions } from '../services.ts';
import { traceIdOf, webHeaders, type SwitchyardRequest } from './request.ts';

/** Identity says who it is; everything else of the context comes from the request. */
export async function openCtx(
  identity: Pick<Identity, 'authenticate'>,
  request: SwitchyardRequest,
  stopping: AbortSignal,
  options: OpenCtxOptions = {},
): Promise<Ctx> {
  const { accept } = options;
  const { tenantId, principal, via } = await identity.authenticate({
    headers: webHeaders(request.headers),
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
