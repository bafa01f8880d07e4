import { InMemoryTransport, type McpServer, type Transport } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

/**
 * The client's end of a linked pair whose other end is served, in either protocol era, by what `makeServer` gives: one
 * server for this transport. Closing the transport ends it.
 */
export function serveInMemory(makeServer: () => McpServer): Transport {
  const [clientEnd, serverEnd] = InMemoryTransport.createLinkedPair();
  serveStdio(makeServer, { transport: serverEnd }); // made for stdio, but of any transport it decides the era
  return clientEnd;
}
