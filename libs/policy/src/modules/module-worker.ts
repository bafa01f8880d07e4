// A thread of its own for one tenant's rules: what loops there is ended with it, and what they use is bounded by it.
import { parentPort, workerData } from 'node:worker_threads';
import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { z } from 'zod';

const { wasm, maxPages } = z.object({ wasm: z.instanceof(Uint8Array), maxPages: z.number() }).parse(workerData);
const Question = z.object({ port: z.custom<import('node:worker_threads').MessagePort>(), inputs: z.array(z.string()) });
const Internals = z.object({
  mem: z.object({ buffer: z.instanceof(ArrayBuffer) }),
  wasmInstance: z.object({
    exports: z.object({
      builtins: z.custom<() => number>(),
      opa_json_dump: z.custom<(address: number) => number>(),
    }),
  }),
});

const messageOf = (thrown: unknown): string =>
  thrown instanceof Error
    ? thrown.message
    : typeof thrown === 'string'
      ? thrown
      : String((thrown as { message?: unknown }).message);

const utf8 = new TextEncoder();
const policy = await loadPolicy(wasm, { initial: 5, maximum: maxPages });

/** The functions that the module wants from outside of itself. */
function wanted(): string[] {
  const { mem, wasmInstance } = Internals.parse(policy);
  const at = wasmInstance.exports.opa_json_dump(wasmInstance.exports.builtins());
  const memory = Buffer.from(mem.buffer);
  const text = memory.toString('utf8', at, memory.indexOf(0, at));
  return Object.keys(z.record(z.string(), z.number()).parse(JSON.parse(text)));
}

function answered(input: string): { result: string } | { error: string } {
  try {
    return { result: JSON.stringify(policy.evaluate(utf8.encode(input).buffer)) };
  } catch (thrown) {
    return { error: messageOf(thrown) };
  }
}

parentPort?.on('message', (message: unknown) => {
  const { port, inputs } = Question.parse(message);
  port.postMessage(inputs.map(answered));
});
parentPort?.postMessage({ wants: wanted() });
