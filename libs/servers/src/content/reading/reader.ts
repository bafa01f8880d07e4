import { Worker } from 'node:worker_threads';
import { PageRefusal } from '../content-error.ts';
import type { ReadPage, ReadSitemap } from './extract.ts';
import type { Reading, ReadingResult } from './reader-worker.ts';

const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './reader-worker.ts' : './reader-worker.js', import.meta.url);
const THREADS = 2;
const TIMEOUT_MS = 10_000;
const START_MS = 60_000;
const IDLE_MS = 30_000;
const MEMORY_MB = 256;

interface Thread {
  readonly worker: Worker;
  idle: NodeJS.Timeout | undefined;
  /** It has not said yet that it is there. */
  readonly isNew: boolean;
}

/**
 * Reads pages in threads of their own, so that one that is made to take for ever or to fill memory costs that thread and
 * nobody's request. A thread is started when it is needed and ends when it is not.
 */
export class Reader {
  readonly #free: Thread[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #timeoutMs: number;
  #count = 0;
  #isClosed = false;

  constructor({ timeoutMs = TIMEOUT_MS }: { readonly timeoutMs?: number } = {}) {
    this.#timeoutMs = timeoutMs;
  }

  /** Throws PageRefusal `too_complex`. */
  async page(text: string): Promise<ReadPage> {
    const result = await this.#read({ kind: 'page', text });
    if ('page' in result) return result.page;
    throw tooComplex();
  }

  /** Throws PageRefusal. */
  async sitemap(text: string): Promise<ReadSitemap> {
    const result = await this.#read({ kind: 'sitemap', text });
    if ('sitemap' in result) return result.sitemap;
    throw tooComplex();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#free.splice(0).map((thread) => this.#end(thread)));
  }

  async #read(reading: Reading): Promise<ReadingResult> {
    const thread = await this.#take();
    const { worker } = thread;
    try {
      if (thread.isNew) await answerOf(worker, START_MS); // a busy machine is no fault of the page's
      worker.postMessage(reading);
      const result = await answerOf(worker, this.#timeoutMs);
      this.#give({ ...thread, isNew: false });
      return result as ReadingResult;
    } catch (error) {
      await this.#end(thread);
      throw error;
    }
  }

  async #take(): Promise<Thread> {
    for (;;) {
      const free = this.#free.pop();
      if (free) {
        clearTimeout(free.idle);
        return free;
      }
      if (this.#count < THREADS) break;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#count++;
    const worker = new Worker(ENTRY, { resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB } });
    worker.on('error', () => undefined); // whoever waits for it hears of it, and the thread is ended
    worker.unref();
    return { worker, idle: undefined, isNew: true };
  }

  #give(thread: Thread): void {
    if (this.#isClosed) {
      void this.#end(thread);
      return;
    }
    thread.idle = setTimeout(() => {
      this.#free.splice(this.#free.indexOf(thread), 1);
      void this.#end(thread);
    }, IDLE_MS).unref();
    this.#free.push(thread);
    this.#waiting.shift()?.();
  }

  async #end({ worker, idle }: Thread): Promise<void> {
    clearTimeout(idle);
    await worker.terminate();
    this.#count--;
    this.#waiting.shift()?.();
  }
}

/** The next thing that the thread says. Throws where it says nothing in time, or ends. */
function answerOf(worker: Worker, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      worker.off('message', hear).off('error', fail).off('exit', fail);
      end();
    };
    const hear = (said: unknown): void => settle(() => resolve(said));
    const fail = (): void => settle(() => reject(tooComplex()));
    const timer = setTimeout(fail, timeoutMs);
    worker.on('message', hear).on('error', fail).on('exit', fail);
  });
}

const tooComplex = (): PageRefusal => new PageRefusal('too_complex', 'It takes too much time or memory to be read.');
