const COMMON = new Set(['www', 'mcp', 'api', 'com', 'org', 'net', 'io', 'dev', 'app', 'ai', 'co', 'localhost']);

/** A name for code out of a server's address: `https://mcp.example.com/mcp` gives `example`. */
export function suggestName(url: string): string {
  if (!URL.canParse(url)) return '';
  const { hostname, port } = new URL(url);
  const parts = hostname.split('.').filter((part) => !COMMON.has(part) && /[a-z]/i.test(part));
  const word = (parts.at(-1) ?? '').replace(/[^A-Za-z0-9_]+(.)?/g, (_, next: string | undefined) =>
    (next ?? '').toUpperCase(),
  );
  return word === '' ? `server${port}` : word;
}
