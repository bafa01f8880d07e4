import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** What can change under a running node. `all`: something may have been missed, forget every cached thing. */
export const CHANGE_TOPICS = [
  'connections',
  'grants',
  'keys',
  'members',
  'runs',
  'approvals',
  'skills',
  'audit',
  'rollouts',
  'money',
  'limits',
  'chat',
  'conversations',
  'comparisons',
  'privacy',
  'reviews',
  'all',
] as const;
export type ChangeTopic = (typeof CHANGE_TOPICS)[number];

export interface Change {
  /** Undefined with topic `all`. */
  readonly tenantId?: string;
  readonly topic: ChangeTopic;
  /** Which one of the topic's things, where the announcer said. */
  readonly id?: string;
}

export interface Changes {
  subscribe(listener: (change: Change) => void): () => void;
  close(): Promise<void>;
}

const RECONNECT_MS = [50, 200, 1_000, 2_000];

const isTopic = (text: unknown): text is ChangeTopic => CHANGE_TOPICS.some((topic) => topic === text);

function parseChange(payload: string): Change {
  try {
    const { tenantId, topic, id } = JSON.parse(payload) as { tenantId?: unknown; topic?: unknown; id?: unknown };
    if (typeof tenantId === 'string' && isTopic(topic))
      return { tenantId, topic, ...(typeof id === 'string' ? { id } : {}) };
  } catch {
    // a payload that is not ours
  }
  return { topic: 'all' };
}

/** LISTEN on its own connection, opened anew when lost; each reopening says `all`, because notifications in between are gone. */
export async function openChanges(url: string): Promise<Changes> {
  const listeners = new Set<(change: Change) => void>();
  const emit = (change: Change): void => listeners.forEach((listener) => listener(change));
  let closed = false;
  let current: pg.Client | undefined;

  async function connect(): Promise<void> {
    const client = new pg.Client({ connectionString: url, keepAlive: true });
    client.on('error', () => undefined); // 'end' follows
    client.on('notification', (message) => emit(parseChange(message.payload ?? '')));
    await client.connect();
    await client.query('LISTEN switchyard');
    client.on('end', () => void reconnect());
    current = client;
  }

  async function reconnect(): Promise<void> {
    for (let attempt = 0; !closed; attempt++) {
      await sleep(RECONNECT_MS[Math.min(attempt, RECONNECT_MS.length - 1)]);
      try {
        await connect();
        emit({ topic: 'all' });
        return;
      } catch {
        // the database is away: the next attempt follows
      }
    }
  }

  await connect();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      listeners.clear();
      await current?.end();
    },
  };
}
