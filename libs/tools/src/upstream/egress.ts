import dns from 'node:dns';
import net from 'node:net';
import { AppError } from '@switchyard/kernel';
import ipaddr from 'ipaddr.js';
import { Agent, buildConnector, fetch as undiciFetch, type RequestInit as UndiciRequestInit } from 'undici';

/** As `fetch`, in the form that the MCP transports take. */
export type FetchLike = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** The one gate for every URL that a tenant gives. */
export interface EgressGuard {
  /** Throws AppError `forbidden` when the URL must not be reached, `unavailable` when its name does not resolve. */
  check(url: string | URL): Promise<void>;
  /** `fetch` whose every connection, redirects included, goes to an address that was checked for that connection. */
  fetch: FetchLike;
  close(): Promise<void>;
}

export interface EgressOptions {
  /** What the operator lets through although it is not public: `host`, `host:port`, `*.suffix`, an address or a CIDR. */
  readonly allow: readonly string[];
  /** For tests: resolves a name to all of its addresses. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
}

/** Public by its number, but a cloud's own: Azure's wire server answers every guest on it. */
const METADATA = new Set(['168.63.129.16']);
const MAX_RESOLVE_MS = 10_000;
/** How long one response may stay silent; a tool's own timeout is shorter. */
const MAX_SILENCE_MS = 300_000;

const systemResolve = async (hostname: string): Promise<readonly string[]> =>
  (await dns.promises.lookup(hostname, { all: true })).map((entry) => entry.address);

const bare = (hostname: string): string =>
  hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();

/** Only global unicast is public; an IPv4 address inside an IPv6 one is judged as what it is. */
function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return parsed.range() === 'unicast' && !METADATA.has(parsed.toString());
}

function matches(rule: string, hostname: string, port: number): boolean {
  const [, host = rule, rulePort] = /^(.*?)(?::(\d+))?$/.exec(rule) ?? [];
  if (rulePort !== undefined && Number(rulePort) !== port) return false;
  return host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : bare(host) === hostname;
}

function inRange(rule: string, address: string): boolean {
  try {
    const parsed = ipaddr.process(address);
    const [range, bits] = rule.includes('/') ? ipaddr.parseCIDR(rule) : [ipaddr.process(rule), -1];
    if (range.kind() !== parsed.kind()) return false;
    return bits === -1 ? range.toString() === parsed.toString() : parsed.match([range, bits] as never);
  } catch {
    return false; // the rule is a name
  }
}

const portOf = (url: URL): number => Number(url.port) || (url.protocol === 'https:' ? 443 : 80);

function refusal(hostname: string): AppError {
  return new AppError(
    'forbidden',
    `${hostname} is not a public address. If it is meant to be reached, the operator adds it to the egress allow list.`,
    { reason: 'egress', hostname },
  );
}

export function createEgressGuard(options: EgressOptions): EgressGuard {
  const resolve = options.resolve ?? systemResolve;
  const allow = options.allow.map((rule) => rule.trim().toLowerCase()).filter((rule) => rule !== '');

  /** The addresses that may be connected to; never empty. One refused address refuses the name: it may be rebinding. */
  async function permitted(hostname: string, port: number): Promise<readonly string[]> {
    const host = bare(hostname);
    const addresses = net.isIP(host) ? [host] : await withTimeout(resolve(host), host);
    if (addresses.length === 0) throw new AppError('unavailable', `${host} does not resolve to an address.`);
    if (allow.some((rule) => matches(rule, host, port))) return addresses;
    const refused = addresses.filter(
      (address) => !isPublic(address) && !allow.some((rule) => inRange(rule, address) || matches(rule, address, port)),
    );
    if (refused.length > 0) throw refusal(host);
    return addresses;
  }

  // The check stands where the socket is made, so that nothing can resolve a second time in between.
  const connect: buildConnector.connector = (target, callback) => {
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    permitted(target.hostname, port).then(
      (addresses) => buildConnector({ timeout: MAX_RESOLVE_MS, lookup: pinnedTo(addresses) })(target, callback),
      (error: Error) => callback(error, null),
    );
  };
  const agent = new Agent({ connect, headersTimeout: MAX_SILENCE_MS, bodyTimeout: MAX_SILENCE_MS });

  return {
    async check(input) {
      const url = parseUrl(input);
      await permitted(url.hostname, portOf(url));
    },
    async fetch(input, init) {
      const url = parseUrl(input);
      try {
        const request = { ...init, dispatcher: agent } as unknown as UndiciRequestInit;
        return (await undiciFetch(url, request)) as unknown as Response;
      } catch (error) {
        throw refusedCause(error) ?? error;
      }
    },
    close: () => agent.destroy(),
  };
}

function parseUrl(input: string | URL): URL {
  if (!URL.canParse(String(input)))
    throw new AppError('unprocessable', 'This is not a URL: write it as https://host/path.');
  const url = new URL(input);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new AppError('forbidden', 'Only http and https URLs can be reached.', { reason: 'egress' });
  if (url.username !== '' || url.password !== '')
    throw new AppError('unprocessable', 'A URL must not carry a user name or password: put them in a secret.');
  return url;
}

/** TLS still verifies the certificate against the name; with several addresses the socket takes the first that answers. */
function pinnedTo(addresses: readonly string[]): net.LookupFunction {
  const found = addresses.map((address) => ({ address, family: net.isIP(address) }));
  const [first] = found;
  return (_hostname, options, callback) => {
    if (options.all) callback(null, found);
    else callback(null, first?.address ?? '', first?.family);
  };
}

/** fetch wraps what its connector threw. */
function refusedCause(error: unknown): AppError | undefined {
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause)
    if (inner instanceof AppError) return inner;
  return undefined;
}

async function withTimeout(resolving: Promise<readonly string[]>, host: string): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer from DNS')), MAX_RESOLVE_MS);
  });
  try {
    return await Promise.race([resolving, late]);
  } catch (cause) {
    throw new AppError('unavailable', `${host} does not resolve: check the name.`, { hostname: host }, { cause });
  } finally {
    clearTimeout(timer);
  }
}
