import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';

const HEADER_END = Buffer.from('\r\n\r\n');
const HEADER_CAP_BYTES = 1_024;
const MESSAGE_CAP_BYTES = 16 * 1024 * 1024;

const messageSchema = z.object({
  id: z.union([z.number(), z.string()]).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (reason: Error) => void };

/** JSON-RPC over a pair of pipes, framed as language servers frame it. Each side may ask the other. */
export class JsonRpc {
  readonly #waiting = new Map<number, Waiting>();
  #chunks: Buffer[] = [];
  #size = 0;
  #needed = 0;
  #lastId = 0;
  #closed: Error | undefined;

  readonly output: Writable;
  readonly answer: (method: string, params: unknown) => unknown;
  readonly onBroken: (reason: Error) => void;

  constructor(
    input: Readable,
    output: Writable,
    /** Answers what the other side asks; undefined becomes null. */
    answer: (method: string, params: unknown) => unknown,
    /** Told once, when the other side breaks the framing: it is not to be spoken to any more. */
    onBroken: (reason: Error) => void,
  ) {
    this.output = output;
    this.answer = answer;
    this.onBroken = onBroken;
    input.on('data', (chunk: Buffer) => this.#receive(chunk));
    // A pipe that broke shows as the end of the process; the error itself says nothing more.
    input.on('error', () => undefined);
    output.on('error', () => undefined);
  }

  request(method: string, params: unknown): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closed);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ id, method, params });
    });
  }

  /** Refuses everything that is waited for, now and later. */
  close(reason: Error): void {
    this.#closed ??= reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  #send(message: object): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    this.output.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed) return;
    let buffer = Buffer.concat(this.#chunks);
    this.#needed = 0;
    for (;;) {
      const end = buffer.indexOf(HEADER_END);
      if (end < 0) {
        if (buffer.length > HEADER_CAP_BYTES) return this.#break('a header without an end');
        break;
      }
      const length = Number(/content-length: *(\d{1,9})/i.exec(buffer.toString('latin1', 0, end))?.[1] ?? NaN);
      if (!(length <= MESSAGE_CAP_BYTES)) return this.#break('a message without a fit length');
      const bodyAt = end + HEADER_END.length;
      if (buffer.length < bodyAt + length) {
        this.#needed = bodyAt + length;
        break;
      }
      const body = buffer.toString('utf8', bodyAt, bodyAt + length);
      buffer = buffer.subarray(bodyAt + length);
      if (!this.#handle(body)) return this.#break('a message that cannot be read');
    }
    this.#chunks = buffer.length > 0 ? [buffer] : [];
    this.#size = buffer.length;
  }

  #handle(body: string): boolean {
    let json: unknown;
    try {
      json = JSON.parse(body);
    } catch {
      return false;
    }
    const parsed = messageSchema.safeParse(json);
    if (!parsed.success) return false;
    const { id, method, params, result, error } = parsed.data;
    if (method !== undefined) {
      if (id !== undefined) this.#send({ id, result: this.answer(method, params) ?? null });
      return true;
    }
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (!waiting || typeof id !== 'number') return false;
    this.#waiting.delete(id);
    if (error) waiting.reject(new Error(error.message));
    else waiting.resolve(result);
    return true;
  }

  #break(what: string): void {
    const reason = new Error(`the other side sent ${what}`);
    this.close(reason);
    this.onBroken(reason);
  }
}
