import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { EmbeddedPostgres } from '@switchyard/database';
import { messageOf } from '@switchyard/kernel';
import type { Env } from './env.ts';
import { claimDatabase, claimHome } from './home.ts';
import { prepareDatabase, startDatabase, type DatabaseServer } from './database-server.ts';
import { waitForPort } from './port.ts';
import { seedDemo } from './seed.ts';

const CONTROL_PLANE = fileURLToPath(new URL('../../control-plane/dist/main.js', import.meta.url));
const WATCH_MS = 500;
const RESTART_MS = [200, 1_000, 5_000];
/** A process that has lived this long has earned a prompt restart. */
const SETTLED_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Starts everything on this machine, restarts what dies, and stops it in order. Resolves with the exit code. */
export async function up(env: Env): Promise<number> {
  const stopping = new AbortController();
  let begun = false;
  const onSignal = (): void => (begun ? stopping.abort() : process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  const home = await claimHome(env.home);
  if (env.PORT > 0) await waitForPort(env.PORT, env.HOST);
  const preparing = await claimDatabase(env.home);
  begun = true; // from here on there is something to take down again
  const server = await startDatabase(env);
  try {
    const urls = await prepareDatabase(server.url);
    const seeded = await seedDemo(env, urls);
    await preparing.release();
    if (seeded) {
      say(
        `Created the tenant "demo" and its owner. Sign in with\n  e-mail    ${seeded.email}\n  password  ${seeded.password}`,
      );
      say('The password is shown this once: keep it.');
    }
    const childEnv = {
      ...env.inherited,
      DATABASE_URL: '', // the owner's URL is not for a process that serves requests
      DATABASE_APP_URL: urls.app,
      DATABASE_IDENTITY_URL: urls.identity,
      SWITCHYARD_HOME: env.home,
    };
    const postgres = server.embedded ? keepPostgres(server, server.embedded, stopping.signal) : Promise.resolve();
    const code = await keepControlPlane(childEnv, stopping.signal);
    stopping.abort();
    await postgres;
    return code;
  } finally {
    await server.stop();
    await home.release();
  }
}

/** The embedded server, started again on its port when it has died. */
async function keepPostgres(server: DatabaseServer, first: EmbeddedPostgres, stopping: AbortSignal): Promise<void> {
  let current = first;
  while (!stopping.aborted) {
    await sleep(WATCH_MS, undefined, { signal: stopping }).catch(() => undefined);
    if (stopping.aborted || current.isRunning()) continue;
    say('PostgreSQL has died: starting it again');
    try {
      current = await server.restart();
    } catch (error) {
      say(`It did not start: ${messageOf(error)}. Trying again.`);
    }
  }
}

/** The control plane, started again when it has died. Its exit before it was ever ready is final. */
async function keepControlPlane(env: NodeJS.ProcessEnv, stopping: AbortSignal): Promise<number> {
  let everReady = false;
  for (let deaths = 0; !stopping.aborted;) {
    const startedAt = Date.now();
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CONTROL_PLANE], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env,
      cwd: path.resolve('.'),
    });
    child.on('message', (message: { ready?: string }) => {
      if (!message.ready) return;
      say(`Switchyard is ready: ${message.ready}`);
      everReady = true;
    });
    const code = await ended(child, stopping);
    if (stopping.aborted) return 0;
    if (!everReady) return code || 1;
    deaths = Date.now() - startedAt > SETTLED_MS ? 0 : deaths + 1;
    say(`The control plane has ended (${code}): starting it again`);
    await sleep(RESTART_MS[Math.min(deaths, RESTART_MS.length - 1)], undefined, { signal: stopping }).catch(
      () => undefined,
    );
  }
  return 0;
}

function ended(child: ChildProcess, stopping: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    let killer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.kill('SIGTERM');
      killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    };
    if (stopping.aborted) stop();
    stopping.addEventListener('abort', stop, { once: true });
    child.on('exit', (code) => {
      clearTimeout(killer);
      stopping.removeEventListener('abort', stop);
      resolve(code ?? 1);
    });
  });
}
