import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { AppError } from '@switchyard/kernel';
import type { Executor, InvokeReply, RunJob } from '../executor/executor.ts';
import { FrameReader } from '../sandbox/frames.ts';
import {
  jobSchema,
  json,
  openFrame,
  packOutcome,
  readJson,
  refusalSchema,
  WIRE,
  WIRE_CAP_BYTES,
  wireFrame,
} from './wire.ts';

export type ExecutorServer = { close(): Promise<void> };

/**
 * Offers an executor on a Unix socket that only its owner may open. When a client goes, its runs are cancelled. Takes
 * over a socket file that a killed predecessor left.
 */
export async function serveExecutor(executor: Executor, socketPath: string): Promise<ExecutorServer> {
  rmSync(socketPath, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    new ClientConnection(executor, socket);
  });
  const before = process.umask(0o077);
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve));
  } finally {
    process.umask(before);
  }
  chmodSync(socketPath, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

type ActiveRun = { readonly cancel: AbortController; readonly calls: Map<number, (reply: InvokeReply) => void> };

class ClientConnection {
  readonly #executor: Executor;
  readonly #socket: Socket;
  readonly #runs = new Map<number, ActiveRun>();

  constructor(executor: Executor, socket: Socket) {
    this.#executor = executor;
    this.#socket = socket;
    const reader = new FrameReader(WIRE_CAP_BYTES);
    socket.on('error', () => undefined); // `close` follows
    socket.on('close', () => {
      for (const run of this.#runs.values()) run.cancel.abort();
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const bytes of reader.push(chunk)) this.#onFrame(bytes);
      } catch {
        socket.destroy();
      }
    });
  }

  #send(type: number, run: number, ...parts: readonly Uint8Array[]): void {
    if (!this.#socket.destroyed) this.#socket.write(wireFrame(type, run, ...parts));
  }

  #onFrame(bytes: Buffer): void {
    const { type, run, body } = openFrame(bytes);
    switch (type) {
      case WIRE.run:
        return void this.#run(run, readJson(jobSchema, body));
      case WIRE.reply:
        return this.#answer(run, body.readUInt32LE(0), { ok: true, json: body.subarray(4) });
      case WIRE.refusal:
        return this.#answer(run, body.readUInt32LE(0), { ok: false, error: readJson(refusalSchema, body.subarray(4)) });
      case WIRE.cancel:
        return this.#runs.get(run)?.cancel.abort();
      case WIRE.status:
        return void this.#executor.status().then((status) => this.#send(WIRE.statusReply, run, json(status)));
      default:
        throw new Error('an unknown frame');
    }
  }

  #answer(run: number, seq: number, reply: InvokeReply): void {
    const calls = this.#runs.get(run)?.calls;
    calls?.get(seq)?.(reply);
    calls?.delete(seq);
  }

  async #run(run: number, job: RunJob): Promise<void> {
    const active: ActiveRun = { cancel: new AbortController(), calls: new Map() };
    this.#runs.set(run, active);
    try {
      const outcome = await this.#executor.run(job, {
        signal: active.cancel.signal,
        log: (entry) => this.#send(WIRE.log, run, json(entry)),
        invoke: (call) =>
          new Promise((resolve) => {
            active.calls.set(call.seq, resolve);
            this.#send(WIRE.call, run, json(call));
          }),
      });
      this.#send(WIRE.outcome, run, ...packOutcome(outcome));
    } catch (thrown) {
      const error =
        thrown instanceof AppError ? thrown : new AppError('unavailable', 'The executor failed inside. Try again.');
      this.#send(WIRE.error, run, json({ code: error.code, message: error.message, details: error.details }));
    } finally {
      this.#runs.delete(run);
    }
  }
}
