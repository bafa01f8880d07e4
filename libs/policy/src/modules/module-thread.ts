import path from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { AppError, messageOf } from '@switchyard/kernel';
import { z } from 'zod';
import { ModuleAnswer, type ModuleFinding } from './answer.ts';

/** Of WebAssembly memory, 64 KB each: 64 MB for one tenant's rules. */
const MAX_PAGES = 1_024;
const OPEN_MS = 10_000;
/** After rules that did not end, nobody waits for them again so soon: what is asked meanwhile is denied at once. */
const REST_MS = 5_000;

const FILE = new URL(`./module-worker${path.extname(import.meta.url)}`, import.meta.url);
const Opened = z.object({ wants: z.array(z.string()) });
const Answers = z.array(z.union([z.object({ result: z.string() }), z.object({ error: z.string() })]));
const ResultSet = z.array(z.object({ result: ModuleAnswer })).length(1);

/** One tenant's own rules, evaluated outside of the process's main thread. */
export interface ModuleThread {
  /** The functions that the rules call and WebAssembly has not. */
  readonly wants: readonly string[];
  /** Answers in the order of the inputs, each JSON. Never throws: what gives no answer in `budgetMs` altogether has failed. */
  evaluate(inputs: readonly string[], budgetMs: number): Promise<ModuleFinding[]>;
  close(): Promise<void>;
}

const failed = (message: string): ModuleFinding => ({ kind: 'failed', message });

function findingOf(answer: { result: string } | { error: string }): ModuleFinding {
  if ('error' in answer) return failed(`they ended with an error (${answer.error.slice(0, 200)})`);
  const parsed = ResultSet.safeParse(JSON.parse(answer.result));
  if (parsed.success && parsed.data[0]) return { kind: 'answer', answer: parsed.data[0].result };
  const issue = parsed.error?.issues[0];
  const where = issue?.path.filter((part) => part !== 'result' && part !== 0).join('.') ?? '';
  return failed(`${where || 'the answer'} is not of the agreed shape (${issue?.message ?? 'empty'})`);
}

async function startWorker(wasm: Uint8Array): Promise<{ worker: Worker; wants: readonly string[] }> {
  const worker = new Worker(FILE, {
    workerData: { wasm, maxPages: MAX_PAGES },
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 },
    stdout: true,
    stderr: true,
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  worker.unref();
  let timer: NodeJS.Timeout | undefined;
  try {
    const opened = await new Promise<unknown>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('they did not start in time')), OPEN_MS);
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('their thread ended')));
    });
    worker.on('error', () => undefined); // seen by its exit
    return { worker, wants: Opened.parse(opened).wants };
  } catch (thrown) {
    await worker.terminate();
    throw new AppError('unavailable', `The tenant's own rules could not be started: ${messageOf(thrown)}.`);
  } finally {
    clearTimeout(timer);
  }
}

/** Throws AppError `unavailable` when the rules cannot even be started. */
export async function openModuleThread(wasm: Uint8Array): Promise<ModuleThread> {
  const first = await startWorker(wasm);
  let worker: Worker | undefined = first.worker;
  let restUntil = 0;
  let closed = false;
  /** One after the other, so that the time of each is its own. */
  let turn: Promise<unknown> = Promise.resolve();

  async function ask(inputs: readonly string[], budgetMs: number): Promise<ModuleFinding[]> {
    const all = (message: string): ModuleFinding[] => inputs.map(() => failed(message));
    if (closed) return all('they were taken out of memory');
    if (performance.now() < restUntil) return all('they did not end in time a moment ago');
    worker ??= (await startWorker(wasm)).worker;
    const asked = worker;
    const { port1, port2 } = new MessageChannel();
    let timer: NodeJS.Timeout | undefined;
    let ended = (): void => undefined;
    try {
      const answer = await new Promise<unknown>((resolve) => {
        ended = () => resolve(undefined);
        port1.once('message', resolve);
        asked.once('exit', ended);
        // A process that was busy hears the alarm before the answer that was there in time.
        timer = setTimeout(() => resolve(receiveMessageOnPort(port1)?.message), budgetMs);
        asked.postMessage({ port: port2, inputs }, [port2]);
      });
      if (answer !== undefined) return Answers.parse(answer).map(findingOf);
    } catch (thrown) {
      return all(messageOf(thrown));
    } finally {
      clearTimeout(timer);
      asked.off('exit', ended);
      port1.close();
    }
    worker = undefined;
    restUntil = performance.now() + REST_MS;
    await asked.terminate();
    return all(`they did not end within ${budgetMs} ms, or took more memory than they may`);
  }

  return {
    wants: first.wants,
    evaluate(inputs, budgetMs) {
      const mine = turn
        .then(() => ask(inputs, budgetMs))
        .catch((thrown: unknown) => inputs.map(() => failed(messageOf(thrown))));
      turn = mine;
      return mine;
    },
    async close() {
      closed = true;
      await turn;
      await worker?.terminate();
      worker = undefined;
    },
  };
}
