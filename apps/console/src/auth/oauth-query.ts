/**
 * The query behind the route, exactly as it came: the authorisation server has signed it, so it must not be written
 * anew. Undefined unless an outside program sent the person here.
 */
export function oauthQuery(hash: string = window.location.hash): string | undefined {
  const query = hash.slice(hash.indexOf('?') + 1);
  return hash.includes('?') && new URLSearchParams(query).has('client_id') ? query : undefined;
}

/** Leads there only if it is a web address, a route of ours or an app's own scheme: never a script. */
export function leaveFor(url: string): void {
  if (!/^\s*(javascript|data|vbscript|blob):/i.test(url)) window.location.assign(url);
}
