import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { ARGUMENT_CAP_BYTES } from '../limits.ts';
import { CANCELLED, RUN_ENDED, type LimitKind, type RunOutcome, type Usage } from '../outcome.ts';
import type { DenoProcess } from '../sandbox/deno-process.ts';
import { FRAME, frame, ProtocolError, u32 } from '../sandbox/frames.ts';
import type { Exit } from '../sandbox/launch.ts';
import type { Sample } from '../sandbox/proc.ts';
import { plainMessage, userStack } from '../sandbox/user-stack.ts';
import type { InvokeReply, RunHost, RunJob } from './executor.ts';
import { nestsDeeperThan } from './nesting.ts';
import { OwnTime } from './own-time.ts';

const WATCH_MS = 100;
/** A run that has computed for so long computes for a living: it can wait a moment when others cannot. */
const LONG_CPU_MS = 60;
/** Whoever reads a result may walk it by recursion. */
const RESULT_DEPTH = 1_000;
const LOG_FRAME_BYTES = 17 * 1024 * 4;

const callSchema = z.tuple([z.number().int(), z.string().min(1).max(200), z.string().min(1).max(200), z.unknown()]);
const logSchema = z.tuple([z.enum(['log', 'info', 'warn', 'error', 'debug']), z.string()]);
const errorSchema = z.object({
  kind: z.enum(['failed', 'result']),
  name: z.string(),
  message: z.string(),
  stack: z.string(),
});

type Ending = RunOutcome extends infer Outcome ? (Outcome extends RunOutcome ? Omit<Outcome, 'usage'> : never) : never;

export type RunEvents = {
  /** The run waits for a tool (true), or computes again (false). */
  waiting(isWaiting: boolean): void;
};

const limit = (kind: LimitKind, message: string): Ending => ({ status: 'limit', limit: kind, message });
const crashed = (reason: string): Ending => ({ status: 'crashed', reason });

const TEXT = {
  memory: (bytes: number) =>
    `The code used more than ${Math.round(bytes / 1_048_576)} MB of memory. Work on smaller pieces: filter and aggregate page by page.`,
  time: (ms: number) => `The code ran for more than ${ms / 1000} s of its own time (waiting for tools does not count).`,
  deadline: (ms: number) => `The run took more than ${ms / 1000} s from start to end.`,
  depth: `The result is nested deeper than ${RESULT_DEPTH} levels. Return flatter data.`,
  calls: (count: number) => `The code made more than ${count} tool calls. Ask a tool for more at once.`,
} as const;

/** How a run ended, and whether another may follow it in its process. */
export type Ended = { readonly outcome: RunOutcome; readonly isTidy: Promise<boolean> };

/**
 * Runs one job in a process. Resolves with the outcome once the process is dead to us: it is killed then, unless the job
 * is of a session and came to its own end.
 */
export function runInProcess(process: DenoProcess, job: RunJob, host: RunHost, events: RunEvents): Promise<Ended> {
  return new Promise((resolve) => new ProcessRun(process, job, host, events, resolve).start());
}

const UNTIDY = Promise.resolve(false);

class ProcessRun {
  readonly #process: DenoProcess;
  readonly #job: RunJob;
  readonly #host: RunHost;
  readonly #events: RunEvents;
  readonly #resolve: (ended: Ended) => void;
  readonly #started = performance.now();
  readonly #cpuBefore: number;
  readonly #idleBytes: number;
  readonly #ownTime: OwnTime;
  readonly #abort = new AbortController();
  readonly #onCancel = (): void => this.#end(crashed(CANCELLED));
  #watch: NodeJS.Timeout | undefined;
  #calls = 0;
  #logged = 0;
  #last: Sample | null;
  #ended = false;

  constructor(process: DenoProcess, job: RunJob, host: RunHost, events: RunEvents, resolve: (ended: Ended) => void) {
    this.#process = process;
    this.#job = job;
    this.#host = host;
    this.#events = events;
    this.#resolve = resolve;
    this.#last = job.session === undefined ? process.idle : process.sample();
    this.#cpuBefore = this.#last?.cpuMs ?? 0;
    this.#idleBytes = process.idle?.residentBytes ?? 0;
    this.#ownTime = new OwnTime(this.#started, this.#cpuBefore);
  }

  start(): void {
    const { program, limits } = this.#job;
    if (this.#host.signal.aborted) return this.#end(crashed(CANCELLED));
    this.#host.signal.addEventListener('abort', this.#onCancel, { once: true });
    this.#process.attach({
      onFrame: (type, body) => this.#onFrame(type, body),
      onProtocolError: () => this.#end(crashed('The sandbox broke its protocol and was stopped.')),
      onExit: (exit) => this.#end(this.#whyGone(exit)),
    });
    if (this.#ended) return;
    const { script, modules, lineMap, skills = {} } = program;
    const job = {
      script,
      modules,
      lineMap,
      skills,
      logBytes: limits.logBytes,
      argumentBytes: ARGUMENT_CAP_BYTES,
      resultBytes: limits.resultBytes,
      keep: this.#job.session !== undefined,
    };
    this.#process.send(frame(FRAME.job, Buffer.from(JSON.stringify(job))));
    this.#watchOn();
  }

  #onFrame(type: number, body: Buffer): void {
    if (this.#ended) return;
    try {
      switch (type) {
        case FRAME.call:
          return this.#onCall(body);
        case FRAME.log:
          return this.#onLog(body);
        case FRAME.done:
          return this.#onDone(body);
        case FRAME.error:
          return this.#onError(body);
        default:
          throw new ProtocolError('an unknown frame');
      }
    } catch {
      // Whatever it was, an honest sandbox does not send it.
      this.#end(crashed('The sandbox broke its protocol and was stopped.'));
    }
  }

  #onCall(body: Buffer): void {
    const [seq, server, tool, args] = callSchema.parse(parseJson(body));
    if (seq !== this.#calls + 1 || body.length > ARGUMENT_CAP_BYTES + 512)
      throw new ProtocolError('a call out of order');
    if (this.#calls >= this.#job.limits.calls) return this.#end(limit('calls', TEXT.calls(this.#job.limits.calls)));
    this.#calls = seq;
    this.#clock(1);
    // Never awaited here: the next frame may be the next call of a Promise.all.
    void this.#invoke(seq, server, tool, args).then((reply) => this.#reply(seq, reply));
  }

  async #invoke(seq: number, server: string, tool: string, args: unknown): Promise<InvokeReply> {
    try {
      return await this.#host.invoke({ seq, server, tool, args }, this.#abort.signal);
    } catch {
      return {
        ok: false,
        error: { name: 'ToolError', message: `The call of ${tool} failed inside.`, code: 'internal' },
      };
    }
  }

  #reply(seq: number, reply: InvokeReply): void {
    if (this.#ended) return;
    this.#clock(-1);
    const body = reply.ok ? reply.json : JSON.stringify(reply.error);
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    this.#process.send(frame(reply.ok ? FRAME.reply : FRAME.refusal, u32(seq), bytes));
  }

  #clock(change: 1 | -1): void {
    const before = this.#ownTime.waiting;
    this.#ownTime.calls(change, performance.now(), this.#process.cpuMs() ?? this.#last?.cpuMs ?? 0);
    if (before !== this.#ownTime.waiting) this.#events.waiting(this.#ownTime.waiting);
  }

  #onLog(body: Buffer): void {
    const [level, text] = logSchema.parse(parseJson(body));
    this.#logged += Buffer.byteLength(text) + 16;
    // The sandbox stops by itself at logBytes, one line over at most. More comes only from code that got round it.
    if (this.#logged > this.#job.limits.logBytes + LOG_FRAME_BYTES)
      return this.#end(limit('logs', 'The code logged more than is allowed.'));
    const stream = level === 'warn' || level === 'error' ? 'stderr' : 'stdout';
    this.#host.log({ stream, level, text: plainMessage(text), at: Math.round(performance.now() - this.#started) });
  }

  #onDone(body: Buffer): void {
    if (body.length > this.#job.limits.resultBytes) return this.#end(limit('result', this.#resultText(body.length)));
    if (!isUtf8(body)) throw new ProtocolError('a result that is not text');
    if (nestsDeeperThan(body, RESULT_DEPTH)) return this.#end(limit('result', TEXT.depth));
    const json = body.toString();
    JSON.parse(json); // nobody after this has to mistrust it
    this.#end({ status: 'done', json, bytes: body.length });
  }

  #onError(body: Buffer): void {
    const error = errorSchema.parse(parseJson(body));
    if (error.kind === 'result') return this.#end(limit('result', error.message.slice(0, 300)));
    const message = plainMessage(error.message);
    if (error.name === 'RangeError' && /^Array buffer allocation failed$/.test(message))
      return this.#end(limit('memory', TEXT.memory(this.#job.limits.memoryBytes)));
    this.#end({ status: 'failed', error: { name: error.name.slice(0, 100), message, stack: userStack(error.stack) } });
  }

  #resultText(bytes: number): string {
    return `The result has ${bytes} bytes; ${this.#job.limits.resultBytes} are allowed. Return less: filter, aggregate, or slice.`;
  }

  #watchOn(): void {
    this.#watch = setTimeout(
      () => {
        const now = performance.now();
        const { limits } = this.#job;
        const sample = this.#sample();
        if ((sample?.cpuMs ?? 0) - this.#cpuBefore > LONG_CPU_MS) this.#process.giveWay();
        if (now - this.#started >= limits.totalMs) return this.#end(limit('deadline', TEXT.deadline(limits.totalMs)));
        if (this.#ownTime.usedMs(now, sample?.cpuMs ?? 0) >= limits.ownTimeMs)
          return this.#end(limit('time', TEXT.time(limits.ownTimeMs)));
        if ((sample?.residentBytes ?? 0) - this.#idleBytes > limits.memoryBytes)
          return this.#end(limit('memory', TEXT.memory(limits.memoryBytes)));
        this.#watchOn();
      },
      Math.min(WATCH_MS, this.#job.limits.ownTimeMs, this.#job.limits.totalMs),
    );
  }

  /** It ended without a word: by a limit of the kernel or of V8, or really crashed. */
  #whyGone(exit: Exit): Ending {
    const { limits } = this.#job;
    const outOfMemory = /out of memory|memory allocation of|allocation fail|heap limit|Cannot allocate/i.test(
      exit.stderr,
    );
    const nearlyFull = (this.#last?.residentBytes ?? 0) - this.#idleBytes > limits.memoryBytes * 0.7;
    if (outOfMemory || nearlyFull) return limit('memory', TEXT.memory(limits.memoryBytes));
    if (exit.signal === 'SIGXCPU' || exit.code === 152) return limit('time', TEXT.time(limits.ownTimeMs));
    return crashed('The sandbox ended before the code did.');
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    const usage = this.#usage();
    clearTimeout(this.#watch);
    this.#host.signal.removeEventListener('abort', this.#onCancel);
    this.#process.detach();
    const cameToItsEnd = ending.status === 'done' || ending.status === 'failed';
    const mayStay = this.#job.session !== undefined && cameToItsEnd;
    const isTidy = mayStay ? this.#process.rest() : UNTIDY;
    if (!mayStay) void this.#process.kill();
    this.#abort.abort(RUN_ENDED);
    this.#resolve({ outcome: { ...ending, usage }, isTidy });
  }

  /** What was last known, once the process is gone. */
  #sample(): Sample | null {
    this.#last = this.#process.sample() ?? this.#last;
    return this.#last;
  }

  #usage(): Usage {
    const last = this.#sample();
    return {
      durationMs: Math.round((performance.now() - this.#started) * 100) / 100,
      cpuMs: Math.max(0, (last?.cpuMs ?? this.#cpuBefore) - this.#cpuBefore),
      peakMemoryBytes: last?.peakBytes ?? 0,
      calls: this.#calls,
      ownTimeMs: this.#ownTime.usedMs(performance.now(), last?.cpuMs ?? 0),
    };
  }
}

const parseJson = (body: Buffer): unknown => JSON.parse(body.toString());
