import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DenoProcess } from '../sandbox/deno-process.ts';
import { FRAME, frame } from '../sandbox/frames.ts';
import type { Launch } from '../sandbox/launch.ts';

/** Stands where the bootstrap stands, and does what it is told with all of Deno's permissions and libc's `syscall`. */
const SCRIPT = `
const send = (type, text) => { const body = new TextEncoder().encode(text); const all = new Uint8Array(5 + body.length);
  new DataView(all.buffer).setUint32(0, body.length + 1, true); all[4] = type; all.set(body, 5); Deno.stdout.writeSync(all); };
globalThis.loop = () => { for (;;); };
globalThis.call = (number, ...args) => {
  const parameters = ['i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64'];
  const { symbols } = Deno.dlopen('libc.so.6', { syscall: { parameters, result: 'i64' } });
  return Number(symbols.syscall(BigInt(number), ...[...args, 0, 0, 0, 0, 0, 0].slice(0, 6).map(BigInt)));
};
send(${FRAME.ready}, JSON.stringify({ deno: Deno.version.deno }));
const buffer = new Uint8Array(65536);
for (;;) {
  const count = await Deno.stdin.read(buffer);
  if (count === null) Deno.exit(0);
  let said;
  try { said = { value: await (0, eval)(JSON.parse(new TextDecoder().decode(buffer.subarray(5, count)))) }; }
  catch (error) { said = { refused: String(error) }; }
  send(${FRAME.done}, JSON.stringify(said));
}`;

export interface Escape {
  /** For `standWall`, in the place of the bootstrap. */
  readonly boot: string;
  remove(): void;
}

export function writeEscape(): Escape {
  const folder = mkdtempSync(path.join(tmpdir(), 'escape-'));
  chmodSync(folder, 0o755);
  const boot = path.join(folder, 'boot.js');
  writeFileSync(boot, SCRIPT);
  return { boot, remove: () => rmSync(folder, { recursive: true }) };
}

/** The same launch of a Deno that has got rid of everything that Deno itself refuses. */
export const escaped = (launch: Launch): Launch => ({
  ...launch,
  args: launch.args.flatMap((each) =>
    each === '--deny-import' ? [] : each === '--no-prompt' ? ['-A'] : each.startsWith('--v8-flags') ? [] : [each],
  ),
});

/** A process under a stranger's control. */
export class Escaped {
  readonly #process: DenoProcess;

  private constructor(process: DenoProcess) {
    this.#process = process;
  }

  static async start(launch: Launch): Promise<Escaped> {
    return new Escaped(await DenoProcess.start(escaped(launch)));
  }

  get gone(): DenoProcess['gone'] {
    return this.#process.gone;
  }

  /** The value of an expression in there; `refused` where it threw; `ended` where it did not come back. */
  async does(expression: string): Promise<unknown> {
    return await new Promise((resolve) => {
      this.#process.attach({
        onFrame: (_type, body) => {
          const said = JSON.parse(body.toString()) as { value?: unknown; refused?: string };
          resolve('refused' in said ? 'refused' : said.value);
        },
        onProtocolError: () => resolve('ended'),
        onExit: () => resolve('ended'),
      });
      this.#process.send(frame(FRAME.job, Buffer.from(JSON.stringify(expression))));
    });
  }

  async kill(): Promise<void> {
    await this.#process.kill();
  }
}
