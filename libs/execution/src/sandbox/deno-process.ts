import { z } from 'zod';
import { ARGUMENT_CAP_BYTES, RESULT_HARD_CAP_BYTES } from '../limits.ts';
import { FRAME, FrameReader, ProtocolError } from './frames.ts';
import { giveWay } from './give-way.ts';
import type { Exit, Launch, Spawned } from './launch.ts';
import { Meter, type Sample } from './proc.ts';
import { spawnCommand } from './spawn-command.ts';

const READY_TIMEOUT_MS = 15_000;
const REST_TIMEOUT_MS = 500;
const FRAME_CAP = Math.max(ARGUMENT_CAP_BYTES, RESULT_HARD_CAP_BYTES) + 4_096;
const readySchema = z.object({ deno: z.string().max(40) });

export type ProcessEvents = {
  onFrame(type: number, body: Buffer): void;
  /** The protocol was broken; the process is being killed. */
  onProtocolError(error: ProtocolError): void;
  /** The pipes are closed: nothing of it will come any more. */
  onExit(exit: Exit): void;
};

/** One sandbox: a Deno process that is ready, is given a job, and is killed. The host trusts its handle alone. */
export class DenoProcess {
  readonly denoVersion: string;
  /** Resolves once the process and its pipes are gone. */
  readonly gone: Promise<Exit>;
  readonly idle: Sample | null;
  readonly #spawned: Spawned;
  readonly #meter: Meter;
  #events: ProcessEvents | null = null;
  #givesWay = false;
  #exit: Exit | null = null;
  #broken: ProtocolError | null = null;

  private constructor(spawned: Spawned, version: string) {
    this.#spawned = spawned;
    this.gone = spawned.gone;
    this.denoVersion = version;
    this.#meter = new Meter(spawned.pid());
    this.idle = this.#meter.sample();
    void this.gone.then((exit) => {
      this.#meter.close();
      this.#exit = exit;
      this.#events?.onExit(exit);
    });
  }

  /** Starts a process and waits until it is ready for a job. Throws when it does not come to that. */
  static async start(launch: Launch): Promise<DenoProcess> {
    const spawned = launch.room ? await launch.room.start(launch) : spawnCommand(launch);
    const reader = new FrameReader(FRAME_CAP);
    return await new Promise((resolve, reject) => {
      let ready: DenoProcess | null = null;
      const fail = (reason: string): void => {
        clearTimeout(timer);
        spawned.kill();
        reject(new Error(`The sandbox did not start: ${reason}`));
      };
      const timer = setTimeout(() => fail('it was not ready in time'), READY_TIMEOUT_MS);
      void spawned.gone.then(
        (exit) => ready ?? fail(exit.stderr.trim() || `it ended with ${exit.signal ?? exit.code}`),
      );
      spawned.output.on('data', (chunk: Buffer) => {
        try {
          for (const bytes of reader.push(chunk)) {
            if (ready) ready.#deliver(bytes);
            else {
              if (bytes[0] !== FRAME.ready) throw new ProtocolError('the first frame is not ready');
              const { deno } = readySchema.parse(JSON.parse(bytes.toString('utf8', 1)));
              clearTimeout(timer);
              ready = new DenoProcess(spawned, deno);
              resolve(ready);
            }
          }
        } catch (thrown) {
          const error = thrown instanceof ProtocolError ? thrown : new ProtocolError('a malformed frame');
          if (ready) ready.#break(error);
          else fail(error.message);
        }
      });
      spawned.output.resume();
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

  /** After a run that others may follow: whether the process is as it was before, as it says of itself, and idle. */
  rest(): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isTidy: boolean): void => {
        clearTimeout(timer);
        this.detach();
        resolve(isTidy);
      };
      const timer = setTimeout(() => end(false), REST_TIMEOUT_MS);
      this.attach({
        onFrame: (type, body) => end(type === FRAME.idle && body.toString('latin1') === 'true'),
        onProtocolError: () => end(false),
        onExit: () => end(false),
      });
    });
  }

  /** For the rest of its life others go before it: short runs, and what serves them. */
  giveWay(): void {
    if (this.#givesWay) return;
    this.#givesWay = true;
    giveWay(this.#spawned.pid());
  }

  get givesWay(): boolean {
    return this.#givesWay;
  }

  send(bytes: Uint8Array): void {
    this.#spawned.input.write(bytes);
  }

  sample(): Sample | null {
    return this.#meter.sample();
  }

  /** CPU time so far, in milliseconds; null when it cannot be known. Cheaper than a sample. */
  cpuMs(): number | null {
    return this.#meter.cpuMs();
  }

  /** SIGKILL for the process and all that wraps it; resolves when they are gone. */
  async kill(): Promise<void> {
    this.#spawned.kill();
    await this.gone;
  }

  #deliver(bytes: Buffer): void {
    this.#events?.onFrame(bytes[0] ?? 0, bytes.subarray(1));
  }

  #break(error: ProtocolError): void {
    if (this.#broken) return;
    this.#broken = error;
    this.#spawned.kill();
    this.#events?.onProtocolError(error);
  }
}
