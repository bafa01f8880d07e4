import { spawn } from 'node:child_process';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DEFAULT_LIMITS, LocalExecutor } from '@switchyard/execution';
import { tool } from './jobs.ts';

export interface Contender {
  readonly name: string;
  /** The value of the body of an async function, in a sandbox of its own. */
  run(code: string): Promise<unknown>;
  close(): Promise<void>;
}

/** As many callers as measure runs per second. */
const SESSIONS = 4;

type Args = { readonly rows?: number };
/** They are installed beside this file only when somebody asks for this bench, so nobody knows their types. */
const load = async (name: string): Promise<unknown> => await import(name);

export const OURS = { strict: 'Switchyard, strict', session: 'Switchyard, session' } as const;

export async function ours(tier: keyof typeof OURS): Promise<Contender> {
  const executor = await LocalExecutor.start();
  let next = 0;
  return {
    name: OURS[tier],
    async run(code) {
      const script = `(async function (m, r) { const call = m.call('s', 't'); ${code} })`;
      const outcome = await executor.run(
        {
          runId: 'x',
          program: { script, modules: {}, lineMap: null },
          limits: DEFAULT_LIMITS,
          ...(tier === 'session' ? { session: `s${next++ % SESSIONS}` } : {}),
        },
        {
          invoke: async ({ args }) => ({ ok: true, json: JSON.stringify(tool(args as Args)) }),
          log: () => undefined,
          signal: new AbortController().signal,
        },
      );
      if (outcome.status !== 'done') throw new Error(JSON.stringify(outcome));
      return JSON.parse(outcome.json);
    },
    close: () => executor.close(),
  };
}

interface IsolatedVm {
  Isolate: new (options: { memoryLimit: number }) => {
    createContext(): Promise<{
      global: { set(name: string, value: unknown): Promise<void> };
      eval(code: string, options: object): Promise<unknown>;
    }>;
    dispose(): void;
  };
  Reference: new (work: (args: string) => unknown) => unknown;
}

export async function isolatedVm(): Promise<Contender> {
  const { default: ivm } = (await load('isolated-vm')) as { default: IsolatedVm };
  return {
    name: 'isolated-vm',
    async run(code) {
      const isolate = new ivm.Isolate({ memoryLimit: 512 });
      try {
        const context = await isolate.createContext();
        const host = new ivm.Reference((args) => JSON.stringify(tool(JSON.parse(args) as Args)));
        await context.global.set('host', host);
        const inside = `const call = async (args) => JSON.parse(await host.apply(undefined, [JSON.stringify(args)], { result: { promise: true, copy: true } }));`;
        const body = `(async () => { ${inside} const value = await (async () => { ${code} })(); return JSON.stringify(value); })()`;
        return JSON.parse(String(await context.eval(body, { promise: true, copy: true })));
      } finally {
        isolate.dispose();
      }
    },
    close: async () => undefined,
  };
}

interface QuickHandle {
  dispose(): void;
}
interface QuickContext {
  readonly runtime: { executePendingJobs(): unknown };
  readonly global: QuickHandle;
  newFunction(name: string, work: (args: QuickHandle) => QuickHandle): QuickHandle;
  newString(text: string): QuickHandle;
  getString(handle: QuickHandle): string;
  setProp(target: QuickHandle, name: string, value: QuickHandle): void;
  evalCode(code: string): QuickHandle;
  unwrapResult(result: QuickHandle): QuickHandle;
  resolvePromise(handle: QuickHandle): Promise<QuickHandle>;
  dispose(): void;
}

export async function quickjs(): Promise<Contender> {
  const { getQuickJS } = (await load('quickjs-emscripten')) as {
    getQuickJS(): Promise<{ newContext(): QuickContext }>;
  };
  const engine = await getQuickJS();
  return {
    name: 'quickjs-emscripten',
    async run(code) {
      const context = engine.newContext();
      try {
        const host = context.newFunction('host', (args) =>
          context.newString(JSON.stringify(tool(JSON.parse(context.getString(args)) as Args))),
        );
        context.setProp(context.global, 'host', host);
        host.dispose();
        const body = `(async () => { const call = async (args) => JSON.parse(host(JSON.stringify(args))); return JSON.stringify(await (async () => { ${code} })()); })()`;
        const promise = context.unwrapResult(context.evalCode(body));
        const settled = context.resolvePromise(promise);
        context.runtime.executePendingJobs();
        const value = context.unwrapResult(await settled);
        const text = context.getString(value);
        value.dispose();
        promise.dispose();
        return JSON.parse(text);
      } finally {
        context.dispose();
      }
    },
    close: async () => undefined,
  };
}

interface CodeMode {
  getTools(): Promise<object[]>;
  callTool(name: string, args: Args): Promise<unknown>;
  callToolChain(code: string): Promise<{ result: unknown; logs: string[] }>;
  close?(): Promise<void>;
}

export async function codeMode(): Promise<Contender> {
  const { CodeModeUtcpClient } = (await load('@utcp/code-mode')) as {
    CodeModeUtcpClient: { create(): Promise<CodeMode> };
  };
  const client = await CodeModeUtcpClient.create();
  const schema = { type: 'object', properties: {} };
  client.getTools = async () => [{ name: 's.t', description: 'the tool', inputs: schema, outputs: schema, tags: [] }];
  client.callTool = async (_name, args) => tool(args);
  return {
    name: '@utcp/code-mode',
    async run(code) {
      const { result, logs } = await client.callToolChain(`const call = async (args) => s.t(args); ${code}`);
      if (result === null) throw new Error(logs.join('\n'));
      return result;
    },
    close: async () => void (await client.close?.()),
  };
}

/** Lines of JSON on stdin and stdout: one job in, calls and replies, the result out. */
const byLines =
  (command: string, args: readonly string[], env: Readonly<Record<string, string>>): Contender['run'] =>
  (code) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'ignore'], env, cwd: '/' });
      child.once('error', reject);
      child.once('close', (status) => reject(new Error(`it ended with ${status}`)));
      readline.createInterface({ input: child.stdout }).on('line', (line) => {
        const said = JSON.parse(line) as { call?: number; args?: Args; result?: unknown };
        if (said.call) child.stdin.write(`${JSON.stringify({ reply: said.call, value: tool(said.args ?? {}) })}\n`);
        else resolve(said.result);
      });
      child.stdin.on('error', () => undefined);
      child.stdin.write(`${JSON.stringify({ code })}\n`);
    });

const DENO = fileURLToPath(new URL(`../../../node_modules/@deno/linux-${process.arch}-glibc/deno`, import.meta.url));
const DENO_FLAGS = '--quiet --no-prompt --no-remote --no-npm --cached-only --no-config --no-lock --no-code-cache';
const DENO_RUNNER = fileURLToPath(new URL('./deno-runner.js', import.meta.url));

/** What most people write first: a Deno without permissions for each run, started when it is needed. */
export async function coldDeno(): Promise<Contender> {
  const env = { DENO_DIR: '/dev/null/x', DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  return {
    name: 'a cold Deno process',
    run: byLines(DENO, ['run', ...DENO_FLAGS.split(' '), DENO_RUNNER], env),
    close: async () => undefined,
  };
}

const NODE_RUNNER = fileURLToPath(new URL('./node-runner.mjs', import.meta.url));

export async function nodePermission(): Promise<Contender> {
  return {
    name: 'a Node process with --permission',
    run: byLines(process.execPath, ['--permission', `--allow-fs-read=${NODE_RUNNER}`, NODE_RUNNER], {}),
    close: async () => undefined,
  };
}
