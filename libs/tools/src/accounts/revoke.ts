import { selectClientAuthMethod } from '@modelcontextprotocol/client';
import type { Ctx } from '@switchyard/kernel';
import type { Grant } from './account.ts';
import { credentialsOf, type ClientCredentials } from './client-secret.ts';
import type { ConnectDeps } from './connect.ts';
import { outbound } from './outbound.ts';

interface Revocable {
  readonly access_token?: string | undefined;
  readonly refresh_token?: string | undefined;
}

/** RFC 7009. True when the server said that every token is worth nothing now; false where it offers no way, or failed. */
export async function revoke(
  ctx: Pick<Ctx, 'tenantId' | 'signal'>,
  grant: Grant,
  tokens: Revocable,
  deps: Pick<ConnectDeps, 'database' | 'vault' | 'egress'>,
): Promise<boolean> {
  const { revocation_endpoint: url, token_endpoint_auth_methods_supported: methods = [] } = grant.server;
  if (url === undefined) return false;
  const fetch = outbound(deps.egress, ctx.signal);
  try {
    const credentials = await credentialsOf(ctx, grant, deps);
    const kinds = ['refresh_token', 'access_token'] as const; // with the refresh token servers drop what came of it
    for (const kind of kinds) {
      const token = tokens[kind];
      if (token === undefined) continue;
      const { headers, fields } = asClient(credentials, methods);
      const body = new URLSearchParams({ token, token_type_hint: kind, ...fields });
      if (!(await fetch(url, { method: 'POST', headers, body })).ok) return false;
    }
    return true;
  } catch {
    return false; // its texts may carry what was sent; that it failed is all that is told
  }
}

function asClient(
  client: ClientCredentials,
  methods: string[],
): { headers: Record<string, string>; fields: Record<string, string> } {
  const { client_id, client_secret } = client;
  const method = selectClientAuthMethod(client, methods);
  if (client_secret === undefined || method === 'none') return { headers: {}, fields: { client_id } };
  if (method === 'client_secret_post') return { headers: {}, fields: { client_id, client_secret } };
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
  return { headers: { authorization: `Basic ${basic}` }, fields: {} };
}
