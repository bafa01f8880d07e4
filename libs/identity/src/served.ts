import { SCOPES, type Scope } from '@switchyard/kernel';

export const AUTH_PATH = '/api/auth';
/** The header in which `handler` tells better-auth the peer's address; what the client itself sent in it is dropped. */
export const IP_HEADER = 'x-switchyard-peer';
/** What an MCP client may ask for. `admin` and `chat` are for keys alone. */
export const TOKEN_SCOPES = SCOPES.filter((scope): scope is Extract<Scope, 'runs' | 'tools'> =>
  ['runs', 'tools'].includes(scope),
);

/** better-auth's and our paths below /api/auth that are served; the rest of its surface stays shut. */
export const SERVED_PATHS: ReadonlySet<string> = new Set([
  '/sign-in/email',
  '/sign-in/social',
  '/callback/oidc',
  '/sign-out',
  '/get-session',
  '/list-sessions',
  '/revoke-session',
  '/revoke-other-sessions',
  '/change-password',
  '/update-user',
  '/link-social',
  '/list-accounts',
  '/two-factor/enable',
  '/two-factor/disable',
  '/two-factor/verify-totp',
  '/two-factor/verify-backup-code',
  '/two-factor/generate-backup-codes',
  '/oauth2/authorize',
  '/oauth2/consent',
  '/oauth2/continue',
  '/oauth2/token',
  '/oauth2/revoke',
  '/oauth2/register',
  '/oauth2/public-client',
  '/.well-known/oauth-authorization-server',
  '/providers',
  '/me',
  '/tenant/activate',
  '/invitation/read',
  '/invitation/accept',
]);
