import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { JsonRpc } from './json-rpc.ts';

/** Where the code under judgement stands in the server's world. Declarations stand under `DECLARATIONS`. */
export const USER_FILE = '/code/user.ts';
export const DECLARATIONS = '/tools/';

const CONFIG_FILE = '/code/tsconfig.json';
const GLOBALS_FILE = '/code/globals.d.ts';
const CONFIG = JSON.stringify({
  compilerOptions: {
    target: 'esnext',
    module: 'esnext',
    moduleResolution: 'bundler',
    moduleDetection: 'force',
    // The language as V8 has it. No DOM, no Node: what the sandbox has besides stands in sandbox-globals.d.ts.
    lib: ['esnext'],
    types: [],
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    // Code is judged by what would happen when it runs. `let x = null`, `const list = []` and parameters without a type
    // are ordinary in scripts, and under `strict` each would draw errors that say nothing of the run.
    strict: false,
    strictBindCallApply: true,
    strictFunctionTypes: false,
  },
  files: [USER_FILE, GLOBALS_FILE],
});

// src/types and dist/types are equally deep, so that the file is found from both.
const GLOBALS = fileURLToPath(new URL('../../types/sandbox-globals.d.ts', import.meta.url));

/** Data segment of the server; 44 MB with 200 tools in use. What a type bomb takes beyond it ends the process. */
const MEMORY_CAP_KB = 512 * 1024;
const START_MS = 20_000;
const ENVIRONMENT = { GOMAXPROCS: '1', GOMEMLIMIT: '256MiB' };

type RawDiagnostic = {
  readonly fileName?: string | undefined;
  readonly pos: number;
  readonly end: number;
  readonly code: number;
  /** 1: an error. */
  readonly category: number;
  readonly text: string;
  readonly messageChain?: readonly RawDiagnostic[] | null | undefined;
  readonly relatedInformation?: readonly RawDiagnostic[] | null | undefined;
};
export type Diagnostic = RawDiagnostic;

const diagnosticSchema: z.ZodType<RawDiagnostic> = z.lazy(() =>
  z.object({
    fileName: z.string().optional(),
    pos: z.number().int(),
    end: z.number().int(),
    code: z.number().int(),
    category: z.number().int(),
    text: z.string(),
    messageChain: z.array(diagnosticSchema).nullish(),
    relatedInformation: z.array(diagnosticSchema).nullish(),
  }),
);
const diagnosticsSchema = z.array(diagnosticSchema).nullable();
const snapshotSchema = z.object({ snapshot: z.number(), projects: z.array(z.object({ id: z.string() })).min(1) });

type Compiler = { readonly executable: string; readonly libraries: string };

/** The native compiler of this platform. Throws where the package has none. */
function findCompiler(): Compiler {
  const wrapper = createRequire(import.meta.url).resolve('ts7/package.json');
  const native = createRequire(wrapper).resolve(`@typescript/typescript-${process.platform}-${os.arch()}/package.json`);
  const libraries = path.join(path.dirname(native), 'lib');
  return { libraries, executable: path.join(libraries, process.platform === 'win32' ? 'tsc.exe' : 'tsc') };
}

const libraryTexts = new Map<string, string>();

/** The compiler's own declarations of the language, and no other file of this machine. */
function libraryText(file: string, libraries: string): string | null {
  if (path.dirname(file) !== libraries || !/^lib\.[\w.]+\.d\.ts$/.test(path.basename(file))) return null;
  const known = libraryTexts.get(file);
  if (known !== undefined) return known;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  libraryTexts.set(file, text);
  return text;
}

/**
 * TypeScript's native compiler as a child process that stays: asked one check at a time, kept warm between them. It sees
 * an invented file system of a handful of files; every question about another path is answered with "there is none". It
 * has an empty environment, one processor, a cap on memory, and it is killed by whoever waits for it too long.
 */
export class TypeServer {
  readonly #child: ChildProcess;
  readonly #rpc: JsonRpc;
  readonly #compiler: Compiler;
  readonly #base: ReadonlyMap<string, string>;
  #files: ReadonlyMap<string, string> = new Map();
  #project = '';
  #snapshot: number | undefined;
  #checks = 0;
  /** Resolves when the process has gone, however. */
  readonly gone: Promise<void>;

  private constructor(compiler: Compiler) {
    this.#compiler = compiler;
    this.#base = new Map([
      [CONFIG_FILE, CONFIG],
      [GLOBALS_FILE, readFileSync(GLOBALS, 'utf8')],
    ]);
    const callbacks = 'readFile,fileExists,directoryExists,getAccessibleEntries,realpath';
    const command = [compiler.executable, '--api', '--async', '--cwd', '/', `--callbacks=${callbacks}`];
    const capped = ['/bin/sh', '-c', `ulimit -d ${MEMORY_CAP_KB} 2>/dev/null; exec "$0" "$@"`, ...command];
    const [file = '', ...args] = process.platform === 'win32' ? command : capped;
    const child = spawn(file, args, { cwd: '/', env: ENVIRONMENT, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child = child;
    this.#rpc = new JsonRpc(
      child.stdout,
      child.stdin,
      (method, params) => this.#answer(method, params),
      () => this.kill(),
    );
    this.gone = new Promise((resolve) => {
      const end = (): void => {
        this.#rpc.close(new Error('the type-checker has ended'));
        resolve();
      };
      child.once('error', end);
      child.once('close', end);
    });
  }

  /** A server that has made its first check. Throws when it cannot be started. */
  static async start(): Promise<TypeServer> {
    const server = new TypeServer(findCompiler());
    const timer = setTimeout(() => server.kill(), START_MS);
    try {
      server.#files = new Map([[USER_FILE, 'export {};']]);
      await server.#rpc.request('initialize', null);
      await server.#update({ openProjects: [CONFIG_FILE] });
      await server.check(new Map([[USER_FILE, 'console.log(new URL("a:b").href, [1].map((n) => n + 1)); export {};']]));
      return server;
    } catch (error) {
      server.kill();
      await server.gone;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get checks(): number {
    return this.#checks;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * What the compiler says of `USER_FILE`; null when it cannot even parse it. Call it again only after the answer. Throws
   * when the process ends meanwhile.
   */
  async check(files: ReadonlyMap<string, string>): Promise<readonly Diagnostic[] | null> {
    this.#checks += 1;
    this.#files = files;
    await this.#update({ fileChanges: { changed: [USER_FILE] } });
    const [syntax, types] = await Promise.all([
      this.#diagnostics('getSyntacticDiagnostics'),
      this.#diagnostics('getSemanticDiagnostics'),
    ]);
    return syntax.length > 0 ? null : types;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #update(params: object): Promise<void> {
    const { snapshot, projects } = snapshotSchema.parse(await this.#rpc.request('updateSnapshot', params));
    const before = this.#snapshot;
    this.#snapshot = snapshot;
    this.#project = projects[0]?.id ?? '';
    // Not waited for: what goes wrong with it shows in the next request.
    if (before !== undefined) this.#rpc.request('release', { snapshot: before }).catch(() => undefined);
  }

  async #diagnostics(method: string): Promise<readonly Diagnostic[]> {
    const answer = await this.#rpc.request(method, {
      snapshot: this.#snapshot,
      project: this.#project,
      file: USER_FILE,
    });
    return diagnosticsSchema.parse(answer) ?? [];
  }

  #read(file: string): string | null {
    return this.#files.get(file) ?? this.#base.get(file) ?? libraryText(file, this.#compiler.libraries);
  }

  #answer(method: string, params: unknown): unknown {
    const file = String(Array.isArray(params) ? params[0] : params);
    switch (method) {
      case 'readFile':
        return { content: this.#read(file) }; // null: there is none, and the real one is not looked for
      case 'fileExists':
        return this.#read(file) !== null;
      case 'directoryExists':
        return [...this.#files.keys(), ...this.#base.keys()].some((known) => known.startsWith(`${file}/`));
      case 'getAccessibleEntries':
        return { files: [], directories: [] };
      case 'realpath':
        return file;
      default:
        return null;
    }
  }
}
