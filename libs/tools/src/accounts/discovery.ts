import {
  assertSecureTokenEndpoint,
  checkResourceAllowed,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
  IssuerMismatchError,
} from '@modelcontextprotocol/client';
import { AppError } from '@switchyard/kernel';
import { z } from 'zod';
import type { EgressGuard, FetchLike } from '../upstream/egress.ts';

const endpoint = z.string().max(2_000);
const words = z.array(z.string());

/** What is kept of an authorization server's metadata: its issuer was compared, and its endpoints are safe to use. */
export const AuthorizationServer = z.object({
  issuer: z.string().max(2_000),
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  registration_endpoint: endpoint.optional(),
  revocation_endpoint: endpoint.optional(),
  response_types_supported: words,
  code_challenge_methods_supported: words.optional(),
  token_endpoint_auth_methods_supported: words.optional(),
  scopes_supported: words.optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional().catch(undefined),
  client_id_metadata_document_supported: z.boolean().optional().catch(undefined),
});
export type AuthorizationServer = z.infer<typeof AuthorizationServer>;

export interface Discovered {
  readonly server: AuthorizationServer;
  /** What tokens are asked for (RFC 8707): as the server names itself, or its URL. */
  readonly resource: string;
  /** What the server says is needed, separated by spaces. */
  readonly scope: string | undefined;
}

/** A request without a credential, of either protocol era: what counts is how it is refused. */
const PROBE = { jsonrpc: '2.0', id: 1, method: 'ping' };

const unusable = (message: string, cause?: unknown): AppError =>
  new AppError('upstream_failed', message, { reason: 'oauth' }, { cause });

/** Where the server sends whoever wants in (RFC 9728, RFC 8414, OpenID Connect discovery). Errors: `forbidden` for an address that may not be reached, `upstream_failed`. */
export async function discover(
  serverUrl: string,
  { fetch, check }: { readonly fetch: FetchLike; readonly check: EgressGuard['check'] },
): Promise<Discovered> {
  const challenge = await challengeOf(serverUrl, fetch);
  const metadata = await told(
    discoverOAuthProtectedResourceMetadata(
      serverUrl,
      challenge.resourceMetadataUrl ? { resourceMetadataUrl: challenge.resourceMetadataUrl } : {},
      fetch,
    ),
  );
  if ('problem' in metadata && challenge.resourceMetadataUrl)
    throw unusable('The server names a description of its sign-in that cannot be read.', metadata.problem);
  // Without a description the server's own origin is asked, as the specification of 2025-03-26 had it.
  const described = 'value' in metadata ? metadata.value : undefined;
  if (
    described &&
    !checkResourceAllowed({ requestedResource: new URL(serverUrl), configuredResource: described.resource })
  )
    throw unusable(`The server’s description of its sign-in is of another one (${described.resource}).`);
  const issuer = described?.authorization_servers?.[0] ?? new URL('/', serverUrl).href;
  const found = await told(discoverAuthorizationServerMetadata(issuer, { fetchFn: fetch }));
  if ('problem' in found)
    throw unusable(
      found.problem instanceof IssuerMismatchError
        ? 'The authorization server calls itself by another name than the tool server does: it may be another one.'
        : 'The description of the authorization server cannot be read.',
      found.problem,
    );
  if (!found.value) throw unusable('The server offers no sign-in by OAuth: it names no authorization server.');
  return {
    server: await checked(found.value, check),
    resource: described?.resource ?? serverUrl,
    scope: challenge.scope ?? (described?.scopes_supported?.join(' ') || undefined),
  };
}

async function challengeOf(
  serverUrl: string,
  fetch: FetchLike,
): Promise<ReturnType<typeof extractWWWAuthenticateParams>> {
  const answered = await told(
    fetch(serverUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify(PROBE),
    }),
  );
  if ('problem' in answered) throw unusable('The server could not be reached: check its address.', answered.problem);
  return answered.value.status === 401 ? extractWWWAuthenticateParams(answered.value) : {};
}

/** What the guard refused stays refused; whatever else went wrong is for the caller to word. */
async function told<T>(work: Promise<T>): Promise<{ readonly value: T } | { readonly problem: unknown }> {
  try {
    return { value: await work };
  } catch (problem) {
    for (let inner: unknown = problem; inner instanceof Error; inner = inner.cause)
      if (inner instanceof AppError) throw inner;
    return { problem };
  }
}

async function checked(metadata: unknown, check: EgressGuard['check']): Promise<AuthorizationServer> {
  const parsed = AuthorizationServer.safeParse(metadata);
  if (!parsed.success) throw unusable('The description of the authorization server is incomplete.', parsed.error);
  const server = parsed.data;
  if (!server.code_challenge_methods_supported?.includes('S256'))
    throw unusable('The authorization server does not offer PKCE with S256, without which codes could be stolen.');
  if (!server.response_types_supported.includes('code'))
    throw unusable('The authorization server does not offer the authorization code flow.');
  for (const url of [
    server.authorization_endpoint,
    server.token_endpoint,
    server.registration_endpoint,
    server.revocation_endpoint,
  ]) {
    if (url === undefined) continue;
    await check(url);
    try {
      assertSecureTokenEndpoint(url);
    } catch (cause) {
      throw unusable('The authorization server wants to be reached without TLS.', cause);
    }
  }
  return server;
}
