import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CLI = path.join(ROOT, 'apps/cli/dist/main.js');
const COMPILE_CACHE = path.join(ROOT, '.tmp/compile-cache');
const READY_TIMEOUT_MS = 60_000;

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined where it is not JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- specs look into answers of many shapes
  readonly body: any;
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A whole Switchyard on a data folder and a port of its own, driven as an operator would: by its command line. */
export class Switchyard {
  readonly home: string;
  readonly port: number;
  readonly url: string;
  readonly #env: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(home: string, port: number, env: NodeJS.ProcessEnv) {
    this.home = home;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#env = {
      PATH: process.env['PATH'],
      HOME: home,
      SWITCHYARD_HOME: home,
      PORT: String(port),
      NODE_COMPILE_CACHE: COMPILE_CACHE, // a hundred commands load the same code
      ...env,
    };
  }

  static async start(env: NodeJS.ProcessEnv = {}): Promise<Switchyard> {
    const switchyard = await Switchyard.prepare(env);
    await switchyard.up();
    return switchyard;
  }

  /** A data folder and a port, and nothing that runs yet. */
  static async prepare(env: NodeJS.ProcessEnv = {}): Promise<Switchyard> {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-e2e-'));
    fs.chmodSync(home, 0o711);
    return new Switchyard(home, await freePort(), env);
  }

  /** Starts (again) on the same data folder and waits for the ready line. */
  async up(): Promise<void> {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, 'up'], {
      cwd: ROOT,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    this.#output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!this.#output.includes('Switchyard is ready:')) {
      if (hasEnded(child) || Date.now() > deadline) throw new Error(`Switchyard did not start:\n${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** The demo owner as the first start printed it. */
  get credentials(): Credentials {
    const email = /e-mail\s+(\S+)/.exec(this.#output)?.[1];
    const password = /password\s+(\S+)/.exec(this.#output)?.[1];
    if (!email || !password) throw new Error('only the first start prints the credentials');
    return { email, password };
  }

  /** Runs a CLI command and gives its standard output, trimmed; throws with its error output when it fails. */
  cli(...args: string[]): string {
    const result = this.tryCli(...args);
    if (result.status !== 0)
      throw new Error(`switchyard ${args.join(' ')} ended with ${result.status}:\n${result.stderr}${result.stdout}`);
    return result.stdout.trim();
  }

  tryCli(...args: string[]): Ended {
    return this.tryCliWith({}, ...args);
  }

  /** As `tryCli`, with other settings than the rest of this Switchyard. */
  tryCliWith(env: NodeJS.ProcessEnv, ...args: string[]): Ended {
    return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...args], {
      cwd: ROOT,
      env: { ...this.#env, ...env },
      encoding: 'utf8',
      timeout: 120_000,
    });
  }

  /** As `tryCli`, but nothing waits for it meanwhile; `cwd` is the folder it is typed in. */
  command(args: readonly string[], options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...args], {
        cwd: options.cwd ?? ROOT,
        env: { ...this.#env, ...options.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const out = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk: Buffer) => (out.stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (out.stderr += chunk.toString()));
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, ...out }));
    });
  }

  createKey(tenant = 'demo', scopes = 'runs,tools,chat,admin'): string {
    return this.cli('key', 'create', '--tenant', tenant, '--name', `e2e ${scopes}`, '--scopes', scopes);
  }

  async request(
    method: string,
    route: string,
    options: { key?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const response = await fetch(this.url + route, {
      method,
      headers: {
        ...(options.key ? { authorization: `Bearer ${options.key}` } : {}),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined
        ? {}
        : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  }

  execute(key: string, code: string, more: object = {}): Promise<Answer> {
    return this.request('POST', '/v1/executions', { key, body: { code, ...more } });
  }

  graphql(key: string, query: string, variables: object = {}): Promise<Answer> {
    return this.request('POST', '/graphql', { key, body: { query, variables } });
  }

  /** Ends it by a signal and waits until the process is gone; gives its exit code, null when a signal ended it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#process;
    if (!child) return null;
    if (!hasEnded(child)) {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await exited;
    }
    return child.exitCode;
  }

  async remove(): Promise<void> {
    await this.stop();
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
