import fs from 'node:fs';
import path from 'node:path';
import {
  createDatabase,
  databaseExists,
  findEmbeddedPostgres,
  migrate,
  protectionGaps,
  provisionRoles,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type RoleUrls,
} from '@switchyard/database';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@switchyard/kernel';
import type { Env } from './env.ts';
import { claimDatabase, isDatabaseClaimed, isHomeInUse } from './home.ts';

const DATABASE = 'switchyard';
/** How long a Switchyard may take to make its database ready, or to bring it up again. */
const DATABASE_PATIENCE_MS = 60_000;

export interface DatabaseServer {
  /** The owner's URL. */
  readonly url: string;
  readonly embedded?: EmbeddedPostgres;
  restart(): Promise<EmbeddedPostgres>;
  stop(): Promise<void>;
}

const dataDir = (env: Env): string => path.join(env.home, 'postgres', 'data');

/** The server of DATABASE_URL, or the embedded one, started. */
export async function startDatabase(env: Env): Promise<DatabaseServer> {
  const given = env.DATABASE_URL;
  if (given) {
    const restart = (): Promise<never> =>
      Promise.reject(new Error('the server of DATABASE_URL is not ours to restart'));
    return { url: given, restart, stop: async () => undefined };
  }
  fs.mkdirSync(path.dirname(dataDir(env)), { recursive: true, mode: 0o711 });
  let server = await startEmbeddedPostgres({ dataDir: dataDir(env) });
  return {
    url: server.url(DATABASE),
    embedded: server,
    async restart() {
      server = await startEmbeddedPostgres({ dataDir: dataDir(env) });
      return server;
    },
    stop: () => server.stop(),
  };
}

/** The owner's URL of a server that runs now, for commands that only want to reach it. */
export async function runningDatabaseUrl(env: Env): Promise<string | undefined> {
  if (env.DATABASE_URL) return env.DATABASE_URL;
  return (await findEmbeddedPostgres(dataDir(env)))?.url(DATABASE);
}

export interface ReachedDatabase {
  /** The owner's URL. */
  readonly url: string;
  leave(): Promise<void>;
}

/**
 * The database for a command, whether or not Switchyard runs: its own while it does (waiting for one that is only
 * coming up), else the embedded server, started for as long as the command takes and for this command alone.
 */
export async function reachDatabase(env: Env): Promise<ReachedDatabase> {
  const leave = async (): Promise<void> => undefined;
  for (const deadline = Date.now() + DATABASE_PATIENCE_MS; ; await sleep(50)) {
    if (env.DATABASE_URL || (await isHomeInUse(env.home))) {
      const url = (await isDatabaseClaimed(env.home)) ? undefined : await runningDatabaseUrl(env);
      if (url) return { url, leave };
      if (Date.now() > deadline)
        throw new AppError(
          'unavailable',
          `The database of the Switchyard on ${env.home} does not come up: see its log.`,
        );
    } else {
      const started = await startForCommand(env);
      if (started) return started;
    }
  }
}

/** Undefined when a Switchyard was started while this command waited for its turn. */
async function startForCommand(env: Env): Promise<ReachedDatabase | undefined> {
  const claim = await claimDatabase(env.home);
  try {
    if (!(await isHomeInUse(env.home))) {
      const { url, stop } = await startDatabase(env);
      return { url, leave: () => stop().finally(() => claim.release()) };
    }
  } catch (error) {
    await claim.release();
    throw error;
  }
  await claim.release();
  return undefined;
}

/** Makes the database what this version expects, and refuses one whose rows are not protected. */
export async function prepareDatabase(url: string): Promise<RoleUrls> {
  if (!(await databaseExists(url))) await createDatabase(url);
  await migrate(url);
  const urls = await provisionRoles(url);
  const gaps = await protectionGaps(url);
  if (gaps.length > 0)
    throw new Error(
      `The database does not keep tenants apart, so Switchyard does not start:\n  ${gaps.join('\n  ')}\nRun SELECT protect_tables(); as its owner.`,
    );
  return urls;
}
