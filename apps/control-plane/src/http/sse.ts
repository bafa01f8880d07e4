import type { FastifyReply } from 'fastify';

const KEEP_ALIVE_MS = 15_000;
/** Beyond this much unread by the client, events are dropped rather than kept in memory; the result never is. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

export interface EventStream {
  /** False when the client is too slow or gone and the event was dropped. */
  send(event: string, data: unknown): boolean;
  /** The last event; ends the stream. */
  end(event: string, data: unknown): void;
}

/** Takes the reply over as a stream of server-sent events. */
export function openEventStream(reply: FastifyReply, headers: Readonly<Record<string, string>> = {}): EventStream {
  reply.hijack();
  const { raw } = reply;
  raw.on('error', () => undefined); // a client that went away: 'close' has told the context already
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    ...headers,
  });
  const keepAlive = setInterval(() => raw.write(': keep-alive\n\n'), KEEP_ALIVE_MS);
  raw.on('close', () => clearInterval(keepAlive));
  const frame = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  return {
    send(event, data) {
      if (raw.destroyed || raw.writableLength > MAX_UNREAD_BYTES) return false;
      raw.write(frame(event, data));
      return true;
    },
    end(event, data) {
      clearInterval(keepAlive);
      if (!raw.destroyed) raw.end(frame(event, data));
    },
  };
}
