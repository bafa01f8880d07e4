import { createHmac } from 'node:crypto';

/** RFC 3986, as PHP's rawurlencode, which signs on the other side. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** One-legged OAuth 1.0a with HMAC-SHA256: the URL with its signature. The body is not part of it. */
export function signed(
  method: string,
  address: URL,
  credential: { readonly key: string; readonly secret: string },
  once: { readonly nonce: string; readonly at: Date },
): URL {
  const url = new URL(address);
  url.searchParams.set('oauth_consumer_key', credential.key);
  url.searchParams.set('oauth_nonce', once.nonce);
  url.searchParams.set('oauth_signature_method', 'HMAC-SHA256');
  url.searchParams.set('oauth_timestamp', String(Math.floor(once.at.getTime() / 1_000)));
  url.searchParams.set('oauth_signature', signatureOf(method, url, credential.secret));
  // The same escapes as were signed: a plus for a space would not be the same to everyone.
  url.search = [...url.searchParams].map(([key, value]) => `${encode(key)}=${encode(value)}`).join('&');
  return url;
}

/** Of all parameters but the signature itself. */
export function signatureOf(method: string, url: URL, secret: string): string {
  const parameters = [...url.searchParams]
    .filter(([key]) => key !== 'oauth_signature')
    .map(([key, value]) => [encode(key), encode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${key}=${value}`)
    .join('&');
  const base = [method.toUpperCase(), encode(`${url.origin}${url.pathname}`), encode(parameters)].join('&');
  return createHmac('sha256', `${encode(secret)}&`)
    .update(base)
    .digest('base64');
}
