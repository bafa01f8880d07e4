import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './switchyard.ts';

const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const START_TIMEOUT_MS = 20_000;

/** A file of an installed package. */
export const installed = (file: string): string => path.join(MODULES, file);

/** The command line of a program of ours or of a package, on this Node. */
export const onNode = (...args: string[]): string => [process.execPath, ...args].map((part) => `"${part}"`).join(' ');

/** How a published MCP server is started; no npx, which would ask a registry. */
export const serverBin = (name: 'everything' | 'filesystem' | 'memory'): string =>
  installed(`@modelcontextprotocol/server-${name}/dist/index.js`);

/** A temporary folder that programs which run as other users may read and write, as connected servers do under root. */
export function openFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-e2e-open-'));
  fs.chmodSync(folder, 0o777);
  return folder;
}

export interface HttpServer {
  readonly url: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** server-everything over streamable HTTP on a loopback port; resolves when it answers. */
export async function startEverythingOverHttp(port?: number): Promise<HttpServer> {
  const chosen = port ?? (await freePort());
  const child = spawn(process.execPath, [serverBin('everything'), 'streamableHttp'], {
    env: { PATH: process.env['PATH'], PORT: String(chosen) },
    stdio: 'ignore',
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${chosen}/mcp`;
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) break;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`server-everything did not start at ${url}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await exited;
    },
  };
}
