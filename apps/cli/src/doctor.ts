import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { detectWall } from '@switchyard/execution';
import { protectionGaps } from '@switchyard/database';
import { messageOf } from '@switchyard/kernel';
import { runningDatabaseUrl } from './database-server.ts';
import type { Env } from './env.ts';

export interface Diagnosis {
  readonly state: 'ok' | 'warning' | 'failure';
  readonly what: string;
  readonly detail: string;
}

/** Looks at everything that Switchyard needs of its machine. */
export async function diagnose(env: Env): Promise<Diagnosis[]> {
  return [node(), folder(env), ...(await wall()), await database(env), await server(env)];
}

function node(): Diagnosis {
  const major = Number(process.versions.node.split('.')[0]);
  return { state: major >= 24 ? 'ok' : 'failure', what: 'Node', detail: `${process.version} at ${process.execPath}` };
}

function folder({ home }: Env): Diagnosis {
  try {
    mkdirSync(home, { recursive: true, mode: 0o711 });
    accessSync(home, constants.R_OK | constants.W_OK);
    return {
      state: 'ok',
      what: 'data folder',
      detail: `${home}${existsSync(`${home}/keys.json`) ? '' : ' (empty yet)'}`,
    };
  } catch (error) {
    return {
      state: 'failure',
      what: 'data folder',
      detail: `${home} cannot be used: ${messageOf(error)}. Set SWITCHYARD_HOME.`,
    };
  }
}

async function wall(): Promise<Diagnosis[]> {
  const { layers } = await detectWall();
  return layers.map(({ name, standing, detail }) => ({
    state: standing ? 'ok' : 'warning',
    what: `wall: ${name}`,
    detail,
  }));
}

async function database(env: Env): Promise<Diagnosis> {
  const what = 'database';
  const url = await runningDatabaseUrl(env);
  if (!url) return { state: 'ok', what, detail: 'embedded, not running now' };
  try {
    const gaps = await protectionGaps(url);
    if (gaps.length > 0) return { state: 'failure', what, detail: gaps.join('; ') };
    return {
      state: 'ok',
      what,
      detail: `${env.DATABASE_URL ? 'DATABASE_URL' : 'embedded, running'}; row-level security on every table`,
    };
  } catch (error) {
    return { state: 'failure', what, detail: messageOf(error) };
  }
}

async function server(env: Env): Promise<Diagnosis> {
  const what = 'control plane';
  try {
    const response = await fetch(new URL('/readyz', env.apiUrl));
    return response.ok
      ? { state: 'ok', what, detail: `ready at ${env.apiUrl}` }
      : { state: 'warning', what, detail: `answers at ${env.apiUrl}, but is not ready: ${await response.text()}` };
  } catch {
    return { state: 'warning', what, detail: `does not answer at ${env.apiUrl}: npm start` };
  }
}
