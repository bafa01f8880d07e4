import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import { eventually, PARTS, processesOf, stillAlive, type Process } from '../../support/processes.ts';
import { runAll } from '../../support/commands.ts';
import { onNode } from '../../support/real-servers.ts';
import { Switchyard, type Answer } from '../../support/switchyard.ts';

const WITNESS = fileURLToPath(new URL('./witness-server.ts', import.meta.url));
/** What attacks may cost: little, so that none endangers the machine, whatever it finds. Those on memory say how much. */
export const LIMITS = { timeMs: 2_000, totalMs: 10_000, calls: 20 } as const;
const POOL = 4;
/** Where code that got out could have written; each attack that writes puts the mark into the name. */
const WRITABLE = ['/tmp', '/var/tmp', '/dev/shm', '/dev/mqueue', '/run', '/run/lock', '/', os.homedir(), os.tmpdir()];
/** Files that are opened at their first use. */
const DESCRIPTOR_SLACK = 8;

export type Body = Answer['body'];

/** A Switchyard that is attacked: validation is off, so that the sandbox alone stands in the way. */
export class Target {
  readonly switchyard: Switchyard;
  readonly key: string;
  /** A word that stands nowhere else on this machine. */
  readonly mark = `attack${randomBytes(6).toString('hex')}`;
  readonly #seen = new Map<string, Process>();
  #descriptors: readonly number[] = [];

  private constructor(switchyard: Switchyard, key: string) {
    this.switchyard = switchyard;
    this.key = key;
  }

  static async start(env: NodeJS.ProcessEnv = {}): Promise<Target> {
    const switchyard = await Switchyard.start({ SWITCHYARD_VALIDATION: 'off', SWITCHYARD_POOL: String(POOL), ...env });
    const target = new Target(switchyard, switchyard.createKey());
    await target.run('return 1'); // whatever is made at the first use is there
    await target.settled();
    target.#descriptors = target.#countDescriptors();
    return target;
  }

  /** Runs code with the small limits and gives the answer's body. */
  async run(code: string, limits: object = {}, key = this.key): Promise<Body> {
    const { status, body, text } = await this.switchyard.execute(key, code, { limits: { ...LIMITS, ...limits } });
    if (status !== 200) throw new Error(`refused with ${status}: ${text.slice(0, 1_000)}`);
    return body;
  }

  /** What code gets of one expression: `['got', value]`, or `['threw', error as text]`. A run that ends otherwise: its body. */
  async attempt(expression: string, limits: object = {}): Promise<unknown> {
    const body = await this.run(attemptOf(expression), limits);
    return body.status === 'done' ? body.result : body;
  }

  /** Connects the server that remembers what it was asked, under this name, and lets every key use it. */
  async addWitness(name = 'witness', tenant = 'demo'): Promise<void> {
    const of = ['--tenant', tenant];
    await runAll(this.switchyard, [
      ['connection', 'add', '--name', name, ...of, '--stdio', onNode('--disable-warning=ExperimentalWarning', WITNESS)],
      ['grant', 'set', '--role', 'api_key', '--tool', `${name}.*`, '--effect', 'allow', ...of],
    ]);
  }

  processes(): Process[] {
    const now = processesOf(this.switchyard.home);
    for (const one of now) this.#seen.set(`${one.pid} ${one.startedAt}`, one);
    return now;
  }

  only(part: keyof typeof PARTS): Process {
    const found = this.processes().filter(PARTS[part]);
    if (found.length !== 1 || !found[0]) throw new Error(`${found.length} processes are the ${part}`);
    return found[0];
  }

  residentBytes(pid: number): number {
    return Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  }

  /** The executor has nothing to do, and all its sandboxes wait for work. */
  async settled(): Promise<void> {
    await eventually('the pool is full and nothing runs', async () => {
      const { body } = await this.switchyard.graphql(this.key, '{ executor { running queued warm poolSize } }');
      const { running, queued, warm, poolSize } = body.data.executor;
      const sandboxes = this.processes().filter(PARTS.sandbox).length;
      return running === 0 && queued === 0 && warm === poolSize && sandboxes === poolSize;
    });
  }

  /** Nothing stays behind: no sandbox but the warm ones, no descriptor, no file, and in the end no process at all. */
  async end(): Promise<void> {
    await this.settled();
    const before = this.#descriptors;
    await eventually('the descriptors are given back', () =>
      this.#countDescriptors().every((count, at) => count <= (before[at] ?? 0) + DESCRIPTOR_SLACK),
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${before.join()} became ${this.#countDescriptors().join()}`);
    });
    const written = filesNamed(this.mark);
    this.processes();
    await this.switchyard.stop();
    await eventually('every process is gone', () => stillAlive([...this.#seen.values()]).length === 0);
    await this.switchyard.remove();
    if (written.length > 0) throw new Error(`an attack wrote ${written.join(', ')}`);
  }

  /** Connections of callers stay open for a while by design, so those over TCP are left out. */
  #countDescriptors(): number[] {
    return (['controlPlane', 'executor'] as const).map((part) => {
      const { pid } = this.only(part);
      const connections = ['tcp', 'tcp6'].flatMap((kind) => readLines(`/proc/${pid}/net/${kind}`));
      const sockets = new Set(connections.map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`));
      return placesOf(pid).filter((place) => !sockets.has(place)).length;
    });
  }
}

export const attemptOf = (expression: string): string => `try {
  const value = await (async () => (${expression}))();
  return ['got', typeof value === 'function' ? 'a function' : typeof value === 'symbol' ? 'a symbol' : value ?? null];
} catch (error) { return ['threw', String(error)]; }`;

/** Matches what `attempt` gives for an attack that came to nothing. */
export const threw = ['threw', expect.any(String)];

const readLines = (file: string): string[] => fs.readFileSync(file, 'utf8').split('\n').slice(1).filter(Boolean);

/** Where the open descriptors of a process lead. */
export const placesOf = (pid: number): string[] =>
  fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return []; // closed meanwhile
    }
  });

const filesNamed = (mark: string): string[] =>
  [...new Set(WRITABLE)].flatMap((folder) => {
    try {
      return fs
        .readdirSync(folder)
        .filter((name) => name.includes(mark))
        .map((name) => path.join(folder, name));
    } catch {
      return []; // not on this machine
    }
  });
