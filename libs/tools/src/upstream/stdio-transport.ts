import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import {
  deserializeMessage,
  serializeMessage,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/client';
import { UpstreamFailure } from './failure.ts';
import type { PreparedCommand } from './stdio-wall.ts';

const NEWLINE = 0x0a;
/** Long enough for a well-behaved server to leave on end of input. */
const GRACE_MS = 1_000;
const EDGE_BYTES = 512;
const STDERR_BYTES = 4_096;

/**
 * MCP over the standard streams of a process group of its own. The SDK's transport merges our HOME, USER and SHELL into
 * the child's environment, kills the child alone, and copies its buffer with every chunk; hence this one.
 */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** The last that the process wrote to its error stream: for the operator's eyes, since it may hold secrets. */
  lastWords = '';

  readonly #command: PreparedCommand;
  readonly #maxMessageBytes: number;
  #child: ChildProcess | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** First and last bytes of a message that is too large and is thrown away. */
  #skipped: { head: Buffer; tail: Buffer } | undefined;

  constructor(command: PreparedCommand, maxMessageBytes: number) {
    this.#command = command;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** `pid` and `stderr` are how the SDK tells a stdio transport, for which a silent server is an old one. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get stderr(): Readable | null {
    return this.#child?.stderr ?? null;
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { file, args, env, cwd } = this.#command;
      const child = spawn(file, [...args], { env: { ...env }, cwd, stdio: 'pipe', detached: true });
      this.#child = child;
      child.once('spawn', resolve);
      child.once('error', (error) => {
        reject(
          new UpstreamFailure('unreachable', 'The program did not start: is it installed on the host?', {
            cause: error,
          }),
        );
      });
      child.once('close', () => this.#ended());
      child.stdin.on('error', (error) => this.onerror?.(error));
      child.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
      child.stderr.on('data', (chunk: Buffer) => {
        this.lastWords = (this.lastWords + chunk.toString('utf8')).slice(-STDERR_BYTES);
      });
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (!stdin?.writable) throw new UpstreamFailure('connection_lost', 'The program has ended.');
    if (!stdin.write(serializeMessage(message)))
      await new Promise<void>((resolve) => {
        const go = (): void => {
          stdin.off('drain', go).off('close', go);
          resolve();
        };
        stdin.once('drain', go).once('close', go);
      });
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return this.#ended();
    const left = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.stdin?.end();
    const timers: NodeJS.Timeout[] = [];
    const after = (ms: number): Promise<void> => new Promise((resolve) => timers.push(setTimeout(resolve, ms)));
    await Promise.race([left, after(GRACE_MS)]);
    this.#signal('SIGKILL'); // to the whole group: a child that has left may have left children
    await Promise.race([left, after(GRACE_MS)]);
    timers.forEach(clearTimeout);
    this.#ended();
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#child?.pid) process.kill(-this.#child.pid, signal);
    } catch {
      // the group is gone
    }
  }

  #ended(): void {
    if (!this.#child) return;
    this.#signal('SIGKILL');
    this.#child = undefined;
    this.#chunks = [];
    this.onclose?.();
  }

  #read(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      this.#keep(rest.subarray(0, end));
      this.#finishMessage();
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    if (this.#skipped) {
      this.#skipped.tail = Buffer.concat([this.#skipped.tail, part.subarray(-EDGE_BYTES)]).subarray(-EDGE_BYTES);
      return;
    }
    this.#chunks.push(part);
    this.#bytes += part.length;
    if (this.#bytes <= this.#maxMessageBytes) return;
    const all = Buffer.concat(this.#chunks);
    this.#skipped = { head: all.subarray(0, EDGE_BYTES), tail: Buffer.from(all.subarray(-EDGE_BYTES)) };
    this.#chunks = [];
    this.#bytes = 0;
  }

  #finishMessage(): void {
    if (this.#skipped) return this.#refuseSkipped(this.#skipped);
    const line = Buffer.concat(this.#chunks).toString('utf8').trim();
    this.#chunks = [];
    this.#bytes = 0;
    if (line === '') return;
    try {
      this.onmessage?.(deserializeMessage(line));
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error))); // a stray print is no reason to hang up
    }
  }

  /** Answers the call whose result was thrown away; its id stands at either edge. Unknown: nobody may wait in vain. */
  #refuseSkipped({ head, tail }: { head: Buffer; tail: Buffer }): void {
    this.#skipped = undefined;
    const id =
      /"id"\s*:\s*(\d+)\s*\}\s*$/.exec(tail.toString('latin1'))?.[1] ??
      /^\s*\{(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)/.exec(head.toString('latin1'))?.[1];
    if (id === undefined) {
      this.onerror?.(new Error('a message that is too large and names no request'));
      void this.close();
      return;
    }
    this.onmessage?.({
      jsonrpc: '2.0',
      id: Number(id),
      error: { code: TOO_LARGE, message: 'the answer is too large' },
    });
  }
}

/** In the range that JSON-RPC leaves to implementations; made by us, never sent by an upstream on purpose. */
export const TOO_LARGE = -32_099;
