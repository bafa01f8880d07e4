import type { Transport } from '@modelcontextprotocol/client';
import type { Database } from '@switchyard/database';
import { createSearchServer, serveInMemory } from '@switchyard/servers';
import type { UpstreamTarget } from '@switchyard/tools';

interface FirstPartyOptions {
  readonly database: Database;
  readonly version: string;
}

/** The product's own tool servers, by the name of their connection. */
const SERVERS = { search: createSearchServer } as const;

export const FIRST_PARTY = Object.keys(SERVERS);

const isFirstParty = (name: string): name is keyof typeof SERVERS => name in SERVERS;

/** The client's end of a transport to a server of one tenant's own. */
export function openFirstParty(target: UpstreamTarget, { database, version }: FirstPartyOptions): Transport {
  const { name, tenantId } = target;
  if (!isFirstParty(name)) throw new Error(`there is no first-party server ${name}`);
  return serveInMemory(() => SERVERS[name]({ database, tenantId, version }));
}
