import { connect, type Socket } from 'node:net';
import { AppError } from '@switchyard/kernel';
import type { Executor, ExecutorStatus, InvokeReply, RunHost, RunJob } from '../executor/executor.ts';
import { CANCELLED, NO_USAGE, RUN_ENDED, type RunOutcome } from '../outcome.ts';
import { FrameReader, u32 } from '../sandbox/frames.ts';
import {
  callSchema,
  errorSchema,
  json,
  logSchema,
  openFrame,
  readJson,
  statusSchema,
  unpackOutcome,
  WIRE,
  WIRE_CAP_BYTES,
  wireFrame,
} from './wire.ts';

type Pending = {
  readonly host: RunHost;
  readonly started: number;
  readonly over: AbortController;
  calls: number;
  settle(outcome: RunOutcome | AppError): void;
};

export const EXECUTOR_LOST = 'The executor stopped while the run was in it. Run it again.';

/** An executor at the other end of a Unix socket. What comes from there is parsed, never believed. */
export class SocketExecutor implements Executor {
  /** Resolves when the connection is gone, for whatever reason. */
  readonly lost: Promise<void>;
  readonly #socket: Socket;
  readonly #runs = new Map<number, Pending>();
  readonly #statuses = new Map<number, { resolve(status: ExecutorStatus): void; reject(error: Error): void }>();
  #next = 0;
  #open = true;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new FrameReader(WIRE_CAP_BYTES);
    this.lost = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined); // `close` follows
    socket.once('close', () => this.#onClose());
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const bytes of reader.push(chunk)) this.#onFrame(bytes);
      } catch {
        socket.destroy();
      }
    });
  }

  /** Throws the connection's error when nobody listens there. */
  static connect(socketPath: string): Promise<SocketExecutor> {
    return new Promise((resolve, reject) => {
      const socket = connect(socketPath);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new SocketExecutor(socket));
      });
    });
  }

  run(job: RunJob, host: RunHost): Promise<RunOutcome> {
    if (!this.#open) return Promise.reject(lostError());
    if (host.signal.aborted) return Promise.resolve({ status: 'crashed', reason: CANCELLED, usage: NO_USAGE });
    const number = this.#number();
    return new Promise((resolve, reject) => {
      const cancel = (): void => this.#send(WIRE.cancel, number);
      const over = new AbortController();
      this.#runs.set(number, {
        host,
        over,
        started: performance.now(),
        calls: 0,
        settle: (outcome) => {
          this.#runs.delete(number);
          host.signal.removeEventListener('abort', cancel);
          over.abort(RUN_ENDED);
          if (outcome instanceof AppError) reject(outcome);
          else resolve(outcome);
        },
      });
      host.signal.addEventListener('abort', cancel, { once: true });
      const { runId, program, limits, party, session } = job;
      this.#send(WIRE.run, number, json({ runId, program, limits, party, session }));
    });
  }

  status(): Promise<ExecutorStatus> {
    if (!this.#open) return Promise.reject(lostError());
    const number = this.#number();
    return new Promise((resolve, reject) => {
      this.#statuses.set(number, { resolve, reject });
      this.#send(WIRE.status, number);
    });
  }

  /** Leaves the executor; it cancels what we had in it. */
  async close(): Promise<void> {
    this.#socket.destroy();
    await this.lost;
  }

  #number(): number {
    this.#next = (this.#next + 1) >>> 0;
    return this.#next;
  }

  #send(type: number, run: number, ...parts: readonly Uint8Array[]): void {
    if (this.#open) this.#socket.write(wireFrame(type, run, ...parts));
  }

  #onFrame(bytes: Buffer): void {
    const { type, run, body } = openFrame(bytes);
    if (type === WIRE.statusReply) {
      this.#statuses.get(run)?.resolve(readJson(statusSchema, body));
      this.#statuses.delete(run);
      return;
    }
    const pending = this.#runs.get(run);
    if (!pending) return; // it ended while this was under way
    switch (type) {
      case WIRE.call:
        pending.calls++;
        return void this.#invoke(run, pending, readJson(callSchema, body));
      case WIRE.log:
        return pending.host.log(readJson(logSchema, body));
      case WIRE.outcome:
        return pending.settle(unpackOutcome(body));
      case WIRE.error: {
        const { code, message, details } = readJson(errorSchema, body);
        return pending.settle(new AppError(code, message, details));
      }
      default:
        throw new Error('an unknown frame');
    }
  }

  async #invoke(
    run: number,
    pending: Pending,
    call: { seq: number; server: string; tool: string; args?: unknown },
  ): Promise<void> {
    let reply: InvokeReply;
    try {
      reply = await pending.host.invoke({ ...call, args: call.args }, pending.over.signal);
    } catch {
      reply = {
        ok: false,
        error: { name: 'ToolError', message: `The call of ${call.tool} failed inside.`, code: 'internal' },
      };
    }
    if (!this.#runs.has(run)) return;
    if (!reply.ok) return this.#send(WIRE.refusal, run, u32(call.seq), json(reply.error));
    this.#send(WIRE.reply, run, u32(call.seq), typeof reply.json === 'string' ? Buffer.from(reply.json) : reply.json);
  }

  #onClose(): void {
    this.#open = false;
    for (const { started, calls, settle } of [...this.#runs.values()])
      settle({
        status: 'crashed',
        reason: EXECUTOR_LOST,
        usage: { ...NO_USAGE, durationMs: Math.round(performance.now() - started), calls },
      });
    for (const { reject } of this.#statuses.values()) reject(lostError());
    this.#statuses.clear();
  }
}

const lostError = (): AppError => new AppError('unavailable', 'The executor is not connected. Try again in a moment.');
