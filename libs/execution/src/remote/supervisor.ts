import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AppError, messageOf } from '@switchyard/kernel';
import type { Executor, ExecutorStatus, RunHost, RunJob } from '../executor/executor.ts';
import type { RunOutcome } from '../outcome.ts';
import { SocketExecutor } from './socket-executor.ts';

export type ExecutorProcessOptions = {
  /** The script of apps/executor. */
  readonly entry: string;
  readonly nodePath: string;
  /** For Node itself, before the script. */
  readonly nodeArgs?: readonly string[];
  /** Where the socket is made; a folder that only we may enter. A path too long for a socket gives way to the temporary folder. */
  readonly socketDir: string;
  /** All of the process's environment but the socket's path. Give nothing that it does not need. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the process writes to stderr, by line, and each time that it ends. */
  readonly onMessage?: (message: string) => void;
};

const READY_LINE = 'ready';
const START_TIMEOUT_MS = 30_000;
const WAIT_FOR_RESTART_MS = 10_000;
const BACK_OFF_MS = [50, 200, 500, 1_000, 2_000, 5_000] as const;
const STABLE_MS = 30_000;
/** sun_path holds 108 bytes, and less elsewhere. */
const SOCKET_PATH_CAP = 100;

/** The executor process of this machine, kept running. */
export interface ExecutorSupervisor extends Executor {
  /** Null while it is down. */
  readonly pid: number | null;
  readonly restarts: number;
}

/** Starts apps/executor and resolves once it can run something. Throws when it does not come up the first time. */
export async function startExecutorProcess(options: ExecutorProcessOptions): Promise<ExecutorSupervisor> {
  const supervisor = new Supervisor(options);
  try {
    await supervisor.start();
  } catch (thrown) {
    await supervisor.close();
    throw new AppError('unavailable', `The executor did not start: ${messageOf(thrown)}`);
  }
  return supervisor;
}

class Supervisor implements ExecutorSupervisor {
  readonly #options: ExecutorProcessOptions;
  readonly #socketFolder: string;
  readonly #temporary: boolean;
  #child: ChildProcess | null = null;
  #connection: SocketExecutor | null = null;
  #connected = deferred<SocketExecutor>();
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #starts = 0;
  #closed = false;

  constructor(options: ExecutorProcessOptions) {
    this.#options = options;
    mkdirSync(options.socketDir, { recursive: true, mode: 0o700 });
    this.#temporary = path.join(options.socketDir, 'executor-0000000.sock').length > SOCKET_PATH_CAP;
    this.#socketFolder = this.#temporary ? mkdtempSync(path.join(tmpdir(), 'switchyard-')) : options.socketDir;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get restarts(): number {
    return Math.max(0, this.#starts - 1);
  }

  async run(job: RunJob, host: RunHost): Promise<RunOutcome> {
    return await (await this.#ready()).run(job, host);
  }

  async status(): Promise<ExecutorStatus> {
    return await (await this.#ready()).status();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#connected.reject(downError());
    const child = this.#child;
    await this.#connection?.close();
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
      child.stdin?.end(); // it ends its sandboxes and goes
      const hard = setTimeout(() => child.kill('SIGKILL'), 3_000);
      await gone;
      clearTimeout(hard);
    }
    if (this.#temporary) rmSync(this.#socketFolder, { recursive: true, force: true });
  }

  async start(): Promise<void> {
    const socketPath = path.join(this.#socketFolder, `executor-${process.pid}.sock`);
    const { nodePath, nodeArgs = [], entry, env = {} } = this.#options;
    const startedAt = Date.now();
    this.#starts++;
    // Its stdin is our life line: when we end, however, it closes, and the executor ends itself.
    const child = spawn(nodePath, [...nodeArgs, entry], {
      env: { ...env, SWITCHYARD_EXECUTOR_SOCKET: socketPath },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    const tail = this.#follow(child);
    const gone = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(`it ended with ${signal ?? code}. ${tail()}`.trim()));
    });
    void gone.then((reason) => this.#onGone(child, reason, startedAt));
    await becomesReady(child, gone);
    const connection = await SocketExecutor.connect(socketPath).catch((thrown: unknown) => {
      child.kill('SIGKILL');
      throw thrown;
    });
    if (this.#closed) return void (await connection.close());
    this.#connection = connection;
    this.#connected.resolve(connection);
    void connection.lost.then(() => this.#onLost(connection, child));
  }

  #follow(child: ChildProcess): () => string {
    let last = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().split('\n')) {
        if (!line.trim()) continue;
        last = line.trim().slice(0, 500);
        this.#options.onMessage?.(last);
      }
    });
    return () => last;
  }

  /** From here on runs wait for the next connection. One that broke under a living process is as good as a dead process. */
  #onLost(connection: SocketExecutor, child: ChildProcess): void {
    if (this.#closed || this.#connection !== connection) return;
    this.#connection = null;
    this.#connected = deferred();
    child.kill('SIGKILL');
  }

  #onGone(child: ChildProcess, reason: string, startedAt: number): void {
    if (this.#child !== child) return;
    this.#child = null;
    if (this.#connection) {
      this.#connection = null;
      this.#connected = deferred();
    }
    if (this.#closed) return;
    this.#failures = Date.now() - startedAt > STABLE_MS ? 0 : this.#failures + 1;
    this.#options.onMessage?.(`The executor is gone: ${reason}. Starting it again.`);
    this.#retry = setTimeout(
      () => void this.start().catch((thrown: unknown) => this.#options.onMessage?.(messageOf(thrown))),
      BACK_OFF_MS[Math.min(Math.max(1, this.#failures), BACK_OFF_MS.length) - 1],
    );
  }

  /** The connection, after a short wait while the executor is coming up again. */
  async #ready(): Promise<SocketExecutor> {
    if (this.#connection) return this.#connection;
    if (this.#closed) throw downError();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(downError()), WAIT_FOR_RESTART_MS);
    });
    try {
      return await Promise.race([this.#connected.promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const downError = (): AppError => new AppError('unavailable', 'The executor is starting again. Try again in a moment.');

type Deferred<T> = { readonly promise: Promise<T>; resolve(value: T): void; reject(error: Error): void };

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined); // nobody may be waiting
  return { promise, resolve, reject };
}

function becomesReady(child: ChildProcess, gone: Promise<string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error('it was not ready in time'));
    }, START_TIMEOUT_MS);
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-200);
      if (!said.includes(`${READY_LINE}\n`)) return;
      clearTimeout(timer);
      resolve();
    });
    void gone.then((reason) => {
      clearTimeout(timer);
      reject(new Error(reason));
    });
  });
}
