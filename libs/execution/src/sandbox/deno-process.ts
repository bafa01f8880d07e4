import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { ARGUMENT_CAP_BYTES, RESULT_HARD_CAP_BYTES } from '../limits.ts';
import { FRAME, FrameReader, ProtocolError } from './frames.ts';
import type { Launch } from './launch.ts';
import { leafOf, sample, type Sample } from './proc.ts';

const READY_TIMEOUT_MS = 15_000;
const WRAPPERS_END_MS = 250;
const STDERR_KEPT = 4_096;
const FRAME_CAP = Math.max(ARGUMENT_CAP_BYTES, RESULT_HARD_CAP_BYTES) + 4_096;
const readySchema = z.object({ deno: z.string().max(40) });

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stderr: string };
export type ProcessEvents = {
  onFrame(type: number, body: Buffer): void;
  /** The protocol was broken; the process is being killed. */
  onProtocolError(error: ProtocolError): void;
  /** The pipes are closed: nothing of it will come any more. */
  onExit(exit: Exit): void;
};

/** One sandbox: a Deno process that is ready, is given one job, and is killed. The host trusts its handle alone. */
export class DenoProcess {
  readonly denoVersion: string;
  /** Resolves once the process and its pipes are gone. */
  readonly gone: Promise<Exit>;
  readonly idle: Sample | null;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #leaf: number;
  #events: ProcessEvents | null = null;
  #exit: Exit | null = null;
  #killing: NodeJS.Timeout | undefined;
  #broken: ProtocolError | null = null;

  private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>, gone: Promise<Exit>, version: string) {
    this.#child = child;
    this.gone = gone;
    this.denoVersion = version;
    this.#leaf = leafOf(child.pid ?? 0);
    this.idle = sample(this.#leaf);
    void gone.then((exit) => {
      this.#exit = exit;
      this.#events?.onExit(exit);
    });
  }

  /** Starts a process and waits until it is ready for a job. Throws when it does not come to that. */
  static async start(launch: Launch): Promise<DenoProcess> {
    // A session of its own: a Ctrl-C at the terminal must not end runs before their owner says so.
    const child = spawn(launch.command, [...launch.args], {
      cwd: '/',
      env: { ...launch.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    child.stdin.on('error', () => undefined); // it died; `gone` tells
    const gone = exitOf(child);
    const reader = new FrameReader(FRAME_CAP);
    return await new Promise((resolve, reject) => {
      let ready: DenoProcess | null = null;
      const fail = (reason: string): void => {
        clearTimeout(timer);
        killGroup(child);
        reject(new Error(`The sandbox did not start: ${reason}`));
      };
      const timer = setTimeout(() => fail('it was not ready in time'), READY_TIMEOUT_MS);
      child.once('error', (error) => fail(error.message));
      void gone.then((exit) => ready ?? fail(exit.stderr.trim() || `it ended with ${exit.signal ?? exit.code}`));
      child.stdout.on('data', (chunk: Buffer) => {
        try {
          for (const bytes of reader.push(chunk)) {
            if (ready) ready.#deliver(bytes);
            else {
              if (bytes[0] !== FRAME.ready) throw new ProtocolError('the first frame is not ready');
              const { deno } = readySchema.parse(JSON.parse(bytes.toString('utf8', 1)));
              clearTimeout(timer);
              ready = new DenoProcess(child, gone, deno);
              resolve(ready);
            }
          }
        } catch (thrown) {
          const error = thrown instanceof ProtocolError ? thrown : new ProtocolError('a malformed frame');
          if (ready) ready.#break(error);
          else fail(error.message);
        }
      });
    });
  }

  get alive(): boolean {
    return this.#exit === null && this.#broken === null;
  }

  /** Who hears what the process says from now on. */
  attach(events: ProcessEvents): void {
    this.#events = events;
    if (this.#broken) events.onProtocolError(this.#broken);
    else if (this.#exit) events.onExit(this.#exit);
  }

  detach(): void {
    this.#events = null;
  }

  send(bytes: Uint8Array): void {
    this.#child.stdin.write(bytes);
  }

  sample(): Sample | null {
    return sample(this.#leaf);
  }

  /** SIGKILL for the process and all that wraps it; resolves when they are gone. */
  async kill(): Promise<void> {
    this.#killNow();
    await this.gone;
  }

  /** The innermost first: each wrapper then collects its child, and no zombie is left where no init collects them. */
  #killNow(): void {
    if (this.#killing || this.#exit) return;
    if (this.#leaf === this.#child.pid) return killGroup(this.#child);
    this.#killing = setTimeout(() => killGroup(this.#child), WRAPPERS_END_MS);
    void this.gone.then(() => clearTimeout(this.#killing));
    try {
      process.kill(this.#leaf, 'SIGKILL');
    } catch {
      killGroup(this.#child);
    }
  }

  #deliver(bytes: Buffer): void {
    this.#events?.onFrame(bytes[0] ?? 0, bytes.subarray(1));
  }

  #break(error: ProtocolError): void {
    if (this.#broken) return;
    this.#broken = error;
    this.#killNow();
    this.#events?.onProtocolError(error);
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

function exitOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<Exit> {
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < STDERR_KEPT) stderr = (stderr + chunk.toString('latin1')).slice(0, STDERR_KEPT);
  });
  // `close`, not `exit`: a result may still be in the pipe.
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stderr }));
    child.once('error', () => resolve({ code: null, signal: null, stderr }));
  });
}
