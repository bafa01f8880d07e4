import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { AppError, messageOf } from '@switchyard/kernel';
import { z } from 'zod';
import { MODULE_NAMES } from './answer.ts';
import { openModuleThread } from './module-thread.ts';

const COMMAND_MS = 15_000;
const TEST_MS = 3_000;
const MAX_OUTPUT_BYTES = 1_048_576;
const MAX_WASM_BYTES = 4 * 1_048_576;
const MAX_SOURCE_CHARS = 64 * 1_024;
/** Uploads that compile at the same time; one more is told to come again. */
const MOST_AT_ONCE = 2;
const MEMORY_BYTES = 1_024 * 1_048_576;
const RULES = 'rules.rego';
const TESTS = 'rules_test.rego';
const ENTRY = 'entry.rego';
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'].find((file) => existsSync(file));

/** What the loader of WebAssembly has besides what the module has in itself; all of them pure. */
const FROM_OUTSIDE = new Set([
  'json.is_valid',
  'sprintf',
  'regex.split',
  'yaml.is_valid',
  'yaml.marshal',
  'yaml.unmarshal',
]);
/** Of those that OPA does not itself mark as asking the world, still not for rules. */
const NOT_FOR_RULES =
  /^(http\.|net\.lookup|opa\.|rego\.parse|rand\.|trace$|providers\.|io\.jwt\.|crypto\.x509\.|uuid\.rfc4122)/;

const UNREACHABLE = /^undefined function (http\.|net\.lookup|opa\.|rand\.|time\.now_ns|uuid\.|providers\.)/;

/** Gathers what the tenant's module defines; a name that is not defined is left out. */
const ENTRY_SOURCE = `package switchyard_module

# METADATA
# entrypoint: true
verdict := {name: value | some name, value in answers}

${MODULE_NAMES.map((name) => `answers["${name}"] := data.tenant.rules.${name}`).join('\n\n')}
`;

export interface ModuleProblem {
  readonly file: 'rules' | 'tests';
  /** From 1; 0 where the whole file is meant. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface CompiledModule {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly testCount: number;
  /** `opa 1.22.0` */
  readonly compiler: string;
}

export type Compilation =
  | { readonly kind: 'compiled'; readonly module: CompiledModule }
  | { readonly kind: 'refused'; readonly problems: readonly ModuleProblem[] };

/** How a program is started behind the host's wall. */
export type PrepareProgram = (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) => {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Belongs to the user that the program runs as. */
  readonly cwd: string;
};

export interface ModuleCompilerOptions {
  /** The OPA command line, as an absolute path; undefined where the operator has set none up. */
  readonly opa: string | undefined;
  readonly prepare: PrepareProgram;
}

export interface ModuleCompiler {
  /** What compiles here, or why nothing does. Asks the program once. */
  state(): Promise<{ readonly compiler: string } | { readonly missing: string }>;
  /** Throws AppError `unavailable` without OPA, `too_large`, `rate_limited` when others compile. */
  compile(source: string, tests: string): Promise<Compilation>;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const Capabilities = z.looseObject({
  builtins: z.array(z.looseObject({ name: z.string(), nondeterministic: z.boolean().optional() })),
});
const Location = z.object({ file: z.string(), row: z.number(), col: z.number() });
const Errors = z.object({
  errors: z.array(z.object({ message: z.string(), location: Location.optional() })).min(1),
});
const Tests = z.array(
  z.object({
    name: z.string(),
    location: Location,
    fail: z.boolean().optional(),
    skip: z.boolean().optional(),
    error: z.object({ message: z.string() }).optional(),
  }),
);
const Term = z.object({ value: z.unknown() });
const Parsed = z.object({
  package: z.object({ path: z.array(Term) }),
  rules: z
    .array(z.object({ head: z.object({ name: z.string().optional(), ref: z.array(Term).optional() }) }))
    .default([]),
});

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const refused = (file: ModuleProblem['file'], message: string, line = 0, column = 0): Compilation => ({
  kind: 'refused',
  problems: [{ file, line, column, message }],
});

function fromTar(tar: Buffer, wanted: string): Buffer | undefined {
  for (let at = 0; at + 512 <= tar.length;) {
    const name = tar.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8) || 0;
    if (name.replace(/^\//, '') === wanted) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return undefined;
}

function problemsOf(output: string, fallback: string): ModuleProblem[] {
  const parsed = Errors.safeParse(json(output));
  if (!parsed.success) return [{ file: 'rules', line: 0, column: 0, message: fallback.slice(0, 500) }];
  return parsed.data.errors.slice(0, 50).map(({ message, location }) => ({
    file: location?.file.endsWith(TESTS) ? 'tests' : 'rules',
    line: location && !location.file.endsWith(ENTRY) ? location.row : 0,
    column: location && !location.file.endsWith(ENTRY) ? location.col : 0,
    message: UNREACHABLE.test(message)
      ? `${message}: rules of your own can ask neither the network nor the clock, chance or this host`
      : message,
  }));
}

/** Compiles and tests what a tenant sends, with the operator's OPA, in a process that has no network, little time and memory. */
export function createModuleCompiler({ opa, prepare }: ModuleCompilerOptions): ModuleCompiler {
  let known: Promise<{ compiler: string; capabilities: string }> | undefined;
  let compiling = 0;
  let program = opa ?? '';

  function run(args: readonly string[], folder?: string): Promise<Ended> {
    const limits = PRLIMIT
      ? [
          PRLIMIT,
          `--data=${MEMORY_BYTES}`,
          '--cpu=20',
          '--core=0',
          '--nofile=256',
          `--fsize=${4 * MAX_WASM_BYTES}`,
          '--',
        ]
      : [];
    const [command = '', ...rest] = [...limits, program, ...args];
    const prepared = prepare(command, rest, { GOMAXPROCS: '1', GOMEMLIMIT: `${MEMORY_BYTES / 2}` });
    return new Promise((resolve, reject) => {
      const child = spawn(prepared.file, [...prepared.args], {
        cwd: folder ?? prepared.cwd,
        env: prepared.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const out = { stdout: '', stderr: '' };
      const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
      for (const stream of ['stdout', 'stderr'] as const)
        child[stream].setEncoding('utf8').on('data', (chunk: string) => {
          out[stream] += chunk;
          if (out[stream].length > MAX_OUTPUT_BYTES) child.kill('SIGKILL');
        });
      child.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      child.once('close', (status) => {
        clearTimeout(timer);
        resolve({ status, ...out });
      });
    });
  }

  /** Where the program's own user cannot reach it (below root's home, say), a copy in that user's folder is started. */
  async function answering(asked: () => Promise<Ended>, original: string): Promise<Ended> {
    const first = await asked();
    if (first.status === 0) return first;
    const { size, mtimeMs } = await stat(original);
    const copy = path.join(prepare('true', [], {}).cwd, `opa-${size}-${Math.floor(mtimeMs)}`);
    if (!existsSync(copy)) {
      const partial = `${copy}.${randomUUID()}`;
      await copyFile(original, partial);
      await chmod(partial, 0o755);
      await rename(partial, copy);
    }
    program = copy;
    return asked();
  }

  async function ask(): Promise<{ compiler: string; capabilities: string }> {
    if (!opa) throw new AppError('unavailable', 'SWITCHYARD_OPA names no OPA command line on this host.');
    const version = await answering(() => run(['version']), opa);
    const number = /^Version: (\S+)/m.exec(version.stdout)?.[1];
    if (version.status !== 0 || number === undefined)
      throw new Error(
        `SWITCHYARD_OPA (${opa}) does not answer as OPA: ${(version.stderr || version.stdout).slice(0, 200)}`,
      );
    const { stdout } = await run(['capabilities', '--current']);
    const all = Capabilities.parse(json(stdout));
    const builtins = all.builtins.filter(
      ({ name, nondeterministic }) => !nondeterministic && !NOT_FOR_RULES.test(name),
    );
    return { compiler: `opa ${number}`, capabilities: JSON.stringify({ ...all, builtins, allow_net: [] }) };
  }

  async function ready(): Promise<{ compiler: string; capabilities: string }> {
    known ??= ask();
    try {
      return await known;
    } catch (thrown) {
      known = undefined; // the operator may mend it
      throw thrown instanceof AppError ? thrown : new AppError('unavailable', messageOf(thrown));
    }
  }

  async function withFolder<T>(
    files: Readonly<Record<string, string>>,
    use: (folder: string) => Promise<T>,
  ): Promise<T> {
    const { cwd } = prepare('true', [], {});
    const { uid, gid } = await stat(cwd);
    const folder = path.join(cwd, randomUUID());
    await mkdir(folder, { mode: 0o700 });
    try {
      for (const [name, text] of Object.entries(files)) {
        await writeFile(path.join(folder, name), text, { mode: 0o644 });
      }
      if (process.getuid?.() === 0) await chown(folder, uid, gid);
      return await use(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Undefined when the file declares what it should. */
  async function foreignPackage(file: ModuleProblem['file'], folder: string): Promise<Compilation | undefined> {
    const { stdout } = await run(['parse', '--format', 'json', file === 'rules' ? RULES : TESTS], folder);
    const parsed = Parsed.safeParse(json(stdout));
    if (!parsed.success) return refused(file, 'OPA could not tell what this file declares.');
    const name = parsed.data.package.path
      .slice(1)
      .map(({ value }) => String(value))
      .join('.');
    const allowed = file === 'rules' ? ['tenant.rules'] : ['tenant.rules_test', 'tenant.rules'];
    if (!allowed.includes(name))
      return refused(file, `This file begins with "package ${allowed[0]}", and not "${name}".`, 1, 1);
    if (file === 'tests') return undefined;
    const names = parsed.data.rules.map(({ head }) => head.name ?? String(head.ref?.[0]?.value));
    if (MODULE_NAMES.some((wanted) => names.includes(wanted))) return undefined;
    return refused(file, `These rules say nothing: define at least one of ${MODULE_NAMES.join(', ')}.`);
  }

  async function tested(
    folder: string,
    args: readonly string[],
  ): Promise<{ problems: ModuleProblem[]; count: number }> {
    const { stdout, stderr, status } = await run(
      ['test', '--format', 'json', '--timeout', `${TEST_MS}ms`, '--parallel', '1', ...args, RULES, TESTS, ENTRY],
      folder,
    );
    const results = Tests.safeParse(json(stdout));
    if (!results.success) {
      const why = status === null ? 'The tests were ended: they took too long or too much memory.' : stderr || stdout;
      return { problems: problemsOf(stdout, why || 'There is no test: write at least one.'), count: 0 };
    }
    const place = ({ file, row, col }: z.infer<typeof Location>) => ({
      file: file.endsWith(TESTS) ? ('tests' as const) : ('rules' as const),
      line: row,
      column: col,
    });
    const problems = results.data.flatMap(({ name, location, fail, error, skip }) =>
      error
        ? [{ ...place(location), message: `${name} ended with an error: ${error.message}` }]
        : fail || skip
          ? [{ ...place(location), message: `${name} ${fail ? 'failed' : 'was skipped'}` }]
          : [],
    );
    if (results.data.length === 0)
      return {
        problems: [{ file: 'tests', line: 0, column: 0, message: 'There is no test: write at least one.' }],
        count: 0,
      };
    return { problems, count: results.data.length };
  }

  async function inFolder(folder: string, compiler: string): Promise<Compilation> {
    const bounds = ['--capabilities', 'capabilities.json'];
    const checked = await run(['check', '--strict', '--format', 'json', ...bounds, RULES, TESTS, ENTRY], folder);
    if (checked.status !== 0)
      return {
        kind: 'refused',
        problems: problemsOf(
          checked.stdout || checked.stderr,
          checked.stderr || 'OPA gave up on this file: it took too long.',
        ),
      };
    for (const file of ['rules', 'tests'] as const) {
      const foreign = await foreignPackage(file, folder);
      if (foreign) return foreign;
    }
    const { problems, count } = await tested(folder, bounds);
    if (problems.length > 0) return { kind: 'refused', problems };
    const built = await run(
      ['build', '-t', 'wasm', '-e', 'switchyard_module/verdict', ...bounds, '-o', 'bundle.tar.gz', RULES, ENTRY],
      folder,
    );
    if (built.status !== 0) return refused('rules', (built.stderr || 'OPA could not compile this file.').slice(0, 500));
    const bundle = gunzipSync(await readFile(path.join(folder, 'bundle.tar.gz')), {
      maxOutputLength: 4 * MAX_WASM_BYTES,
    });
    const found = fromTar(bundle, 'policy.wasm');
    if (!found || found.length > MAX_WASM_BYTES) return refused('rules', 'What these rules compile to is too large.');
    const wasm = new Uint8Array(found);
    const missing = await wantedOf(wasm);
    if (missing.length > 0)
      return refused('rules', `These functions do not exist where rules are evaluated: ${missing.join(', ')}.`);
    return { kind: 'compiled', module: { wasm, testCount: count, compiler } };
  }

  return {
    async state() {
      try {
        return { compiler: (await ready()).compiler };
      } catch (thrown) {
        return { missing: messageOf(thrown) };
      }
    },
    async compile(source, tests) {
      if (source.length > MAX_SOURCE_CHARS || tests.length > MAX_SOURCE_CHARS)
        throw new AppError('too_large', `Rules and tests have at most ${MAX_SOURCE_CHARS / 1_024} KB each.`);
      const { compiler, capabilities } = await ready();
      if (compiling >= MOST_AT_ONCE)
        throw new AppError('rate_limited', 'Others compile their rules just now: try again in a few seconds.', {
          retryAfterSeconds: 5,
        });
      compiling++;
      try {
        const files = { [RULES]: source, [TESTS]: tests, [ENTRY]: ENTRY_SOURCE, 'capabilities.json': capabilities };
        return await withFolder(files, (folder) => inFolder(folder, compiler));
      } finally {
        compiling--;
      }
    },
  };
}

/** Starts the module, as every node will, and names the functions that nobody would give it. */
async function wantedOf(wasm: Uint8Array): Promise<string[]> {
  const thread = await openModuleThread(wasm);
  await thread.close();
  return thread.wants.filter((name) => !FROM_OUTSIDE.has(name));
}
