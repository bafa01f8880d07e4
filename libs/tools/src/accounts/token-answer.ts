import type { OAuthTokens } from '@modelcontextprotocol/client';
import { z } from 'zod';

const EARLIEST_MS = 60_000;
const LONGEST_SECONDS = 10 * 365 * 86_400;

/** When access ends, and from when on it is better renewed: a minute before, or a quarter of its time if that is less. */
export function timesOf(
  tokens: Pick<OAuthTokens, 'expires_in'>,
  now: Date,
): { expiresAt: Date | null; refreshAt: Date | null } {
  const seconds = tokens.expires_in;
  if (seconds === undefined || !Number.isFinite(seconds)) return { expiresAt: null, refreshAt: null };
  const lifeMs = Math.min(Math.max(seconds, 0), LONGEST_SECONDS) * 1_000;
  const end = now.getTime() + lifeMs;
  return { expiresAt: new Date(end), refreshAt: new Date(end - Math.min(EARLIEST_MS, lifeMs / 4)) };
}

const text = z.string().min(1).max(200).optional().catch(undefined);
const Claims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  sub: text,
  email: text,
  preferred_username: text,
  name: text,
});

/**
 * What the server calls the account, for people to recognise; nothing is decided by it. It came straight from the token
 * endpoint over TLS, which stands for its signature (OpenID Connect Core 3.1.3.7).
 */
export function accountIn(idToken: string | undefined, by: { issuer: string; clientId: string }): string | null {
  const payload = idToken?.split('.')[1];
  if (payload === undefined) return null;
  try {
    const claims = Claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    if (claims.iss !== by.issuer || ![claims.aud].flat().includes(by.clientId)) return null;
    return claims.email ?? claims.preferred_username ?? claims.name ?? claims.sub ?? null;
  } catch {
    return null;
  }
}

/** An error code is a word of the protocol; what is none is not repeated. */
export const wordOf = (code: string): string => (/^[a-z_]{1,60}$/.test(code) ? code : 'no reason that is known');
