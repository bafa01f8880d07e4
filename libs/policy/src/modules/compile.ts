import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { AppError, messageOf } from '@switchyard/kernel';
import { MODULE_NAMES } from './answer.ts';
import { openModuleThread } from './module-thread.ts';
import {
  Capabilities,
  ENTRY,
  failuresOf,
  json,
  Parsed,
  problemsOf,
  RULES,
  Tests,
  TESTS,
  type ModuleProblem,
} from './opa-answers.ts';
import { MAX_FILE_BYTES, openOpaProgram, type PrepareProgram } from './opa-program.ts';

const TEST_MS = 3_000;
const MAX_WASM_BYTES = 4 * 1_048_576;
const MAX_SOURCE_CHARS = 64 * 1_024;
/** Uploads that compile at the same time; one more is told to come again. */
const MOST_AT_ONCE = 2;

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

/** Gathers what the tenant's module defines; a name that is not defined is left out. */
const ENTRY_SOURCE = `package switchyard_module

# METADATA
# entrypoint: true
verdict := {name: value | some name, value in answers}

${MODULE_NAMES.map((name) => `answers["${name}"] := data.tenant.rules.${name}`).join('\n\n')}
`;

export interface CompiledModule {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly testCount: number;
  /** `opa 1.22.0` */
  readonly compiler: string;
}

export type Compilation =
  | { readonly kind: 'compiled'; readonly module: CompiledModule }
  | { readonly kind: 'refused'; readonly problems: readonly ModuleProblem[] };

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

/** Compiles and tests what a tenant sends, with the operator's OPA, in a process that has no network, little time and memory. */
export function createModuleCompiler({ opa, prepare }: ModuleCompilerOptions): ModuleCompiler {
  let known: Promise<{ compiler: string; capabilities: string }> | undefined;
  let compiling = 0;
  const { run, withFolder, reach } = openOpaProgram(opa ?? '', prepare);

  async function ask(): Promise<{ compiler: string; capabilities: string }> {
    if (!opa) throw new AppError('unavailable', 'SWITCHYARD_OPA names no OPA command line on this host.');
    await reach();
    const version = await run(['version']);
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
    if (results.data.length === 0)
      return {
        problems: [{ file: 'tests', line: 0, column: 0, message: 'There is no test: write at least one.' }],
        count: 0,
      };
    return { problems: failuresOf(results.data), count: results.data.length };
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
      maxOutputLength: MAX_FILE_BYTES,
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
