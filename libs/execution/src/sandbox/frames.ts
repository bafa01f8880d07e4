/** The far side broke the protocol. What it says is not to be trusted any further. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

const EMPTY = Buffer.alloc(0);

/** Cuts a stream into `[u32le length][payload]` frames. A frame larger than the cap is never buffered. */
export class FrameReader {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #have = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Complete frames, in order, without their length. Throws ProtocolError. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#have += chunk.length;
    const frames: Buffer[] = [];
    while (this.#have >= 4) {
      const length = this.#head();
      if (length === 0 || length > this.#maxBytes) throw new ProtocolError(`a frame of ${length} bytes`);
      if (this.#have < 4 + length) break;
      const all = this.#chunks.length === 1 ? (this.#chunks[0] ?? EMPTY) : Buffer.concat(this.#chunks, this.#have);
      frames.push(all.subarray(4, 4 + length));
      const rest = all.subarray(4 + length);
      this.#chunks = rest.length > 0 ? [rest] : [];
      this.#have = rest.length;
    }
    return frames;
  }

  #head(): number {
    const [first = EMPTY] = this.#chunks;
    if (first.length < 4) this.#chunks = [Buffer.concat(this.#chunks, this.#have)];
    return (this.#chunks[0] ?? EMPTY).readUInt32LE(0);
  }
}

/** Type codes of the frames between host and sandbox; the other half stands in deno/boot.js. */
export const FRAME = {
  job: 0x43,
  reply: 0x72,
  refusal: 0x65,
  ready: 0x52,
  call: 0x54,
  log: 0x4c,
  done: 0x44,
  error: 0x58,
  /** Of a run to keep the process after: whether everything is as it was before. */
  idle: 0x49,
} as const;

export function frame(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = 1 + parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.allocUnsafe(5);
  head.writeUInt32LE(length, 0);
  head[4] = type;
  return Buffer.concat([head, ...parts], 4 + length);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value >>> 0, 0);
  return bytes;
}
