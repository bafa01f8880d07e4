// What code finds in the sandbox besides the language: the web platform's data globals, as deno/boot.js leaves them.
// Loose where precision would only refuse good code. A spec compares the names with those of a real sandbox.

interface Console {
  log(...data: any[]): void;
  info(...data: any[]): void;
  warn(...data: any[]): void;
  error(...data: any[]): void;
  debug(...data: any[]): void;
  dir(value?: any, options?: any): void;
  table(...data: any[]): void;
  trace(...data: any[]): void;
  assert(condition?: any, ...data: any[]): void;
  count(label?: string): void;
  countReset(label?: string): void;
  time(label?: string): void;
  timeLog(label?: string, ...data: any[]): void;
  timeEnd(label?: string): void;
  group(...data: any[]): void;
  groupCollapsed(...data: any[]): void;
  groupEnd(): void;
  clear(): void;
}
declare var console: Console;
declare var self: typeof globalThis & Record<string, any>;

/** Files that outlive the run. */
declare var workspace: {
  read(name: string): Promise<any>;
  write(name: string, content: any): Promise<any>;
  list(): Promise<any>;
  remove(name: string): Promise<any>;
  open(handle: string): Promise<any>;
};

declare function setTimeout(callback: (...args: any[]) => void, ms?: number, ...args: any[]): number;
declare function setInterval(callback: (...args: any[]) => void, ms?: number, ...args: any[]): number;
declare function clearTimeout(id?: any): void;
declare function clearInterval(id?: any): void;
declare function queueMicrotask(callback: () => void): void;
declare function structuredClone<T>(value: T, options?: any): T;
declare function atob(data: any): string;
declare function btoa(data: any): string;

declare class URLSearchParams {
  constructor(init?: any);
  readonly size: number;
  append(name: string, value: any): void;
  delete(name: string, value?: any): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: any): boolean;
  set(name: string, value: any): void;
  sort(): void;
  toString(): string;
  forEach(callback: (value: string, key: string, parent: URLSearchParams) => void, thisArg?: any): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}
declare class URL {
  constructor(url: string | URL, base?: string | URL);
  static canParse(url: string | URL, base?: string | URL): boolean;
  static parse(url: string | URL, base?: string | URL): URL | null;
  static createObjectURL(blob: any): string;
  static revokeObjectURL(url: string): void;
  hash: string;
  host: string;
  hostname: string;
  href: string;
  readonly origin: string;
  password: string;
  pathname: string;
  port: string;
  protocol: string;
  search: string;
  readonly searchParams: URLSearchParams;
  username: string;
  toJSON(): string;
  toString(): string;
}
declare class URLPattern {
  constructor(init?: any, base?: any, options?: any);
  test(input?: any, base?: string): boolean;
  exec(input?: any, base?: string): any;
  [part: string]: any;
}
declare class TextEncoder {
  readonly encoding: string;
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, target: Uint8Array): { read: number; written: number };
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: any, options?: { stream?: boolean }): string;
}

declare class Event {
  constructor(type: string, init?: any);
  readonly type: string;
  [property: string]: any;
}
declare class CustomEvent extends Event {
  readonly detail: any;
}
declare class EventTarget {
  addEventListener(type: string, listener: any, options?: any): void;
  removeEventListener(type: string, listener: any, options?: any): void;
  dispatchEvent(event: Event): boolean;
}
declare class DOMException extends Error {
  constructor(message?: string, name?: any);
  readonly code: number;
}
declare class AbortSignal extends EventTarget {
  static abort(reason?: any): AbortSignal;
  static timeout(ms: number): AbortSignal;
  static any(signals: Iterable<AbortSignal>): AbortSignal;
  readonly aborted: boolean;
  readonly reason: any;
  onabort: any;
  throwIfAborted(): void;
}
declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: any): void;
}

declare class Blob {
  constructor(parts?: Iterable<any>, options?: any);
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  slice(start?: number, end?: number, type?: string): Blob;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  text(): Promise<string>;
}
declare class FormData {
  append(name: string, value: any, fileName?: string): void;
  delete(name: string): void;
  get(name: string): any;
  getAll(name: string): any[];
  has(name: string): boolean;
  set(name: string, value: any, fileName?: string): void;
  forEach(callback: (value: any, key: string, parent: FormData) => void): void;
  entries(): IterableIterator<[string, any]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<any>;
  [Symbol.iterator](): IterableIterator<[string, any]>;
}
declare class Headers {
  constructor(init?: any);
  append(name: string, value: any): void;
  delete(name: string): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  set(name: string, value: any): void;
  forEach(callback: (value: string, key: string, parent: Headers) => void): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}

declare class ReadableStream<R = any> {
  constructor(source?: any, strategy?: any);
  static from(values: any): ReadableStream<any>;
  readonly locked: boolean;
  cancel(reason?: any): Promise<void>;
  getReader(options?: any): ReadableStreamDefaultReader<R>;
  pipeThrough(pair: any, options?: any): ReadableStream<any>;
  pipeTo(target: any, options?: any): Promise<void>;
  tee(): [ReadableStream<R>, ReadableStream<R>];
  values(options?: any): AsyncIterableIterator<R>;
  [Symbol.asyncIterator](options?: any): AsyncIterableIterator<R>;
}
declare class ReadableStreamDefaultReader<R = any> {
  constructor(stream: ReadableStream<R>);
  readonly closed: Promise<any>;
  cancel(reason?: any): Promise<void>;
  read(): Promise<{ done: boolean; value: R }>;
  releaseLock(): void;
}
declare class WritableStream<W = any> {
  constructor(sink?: any, strategy?: any);
  readonly locked: boolean;
  abort(reason?: any): Promise<void>;
  close(): Promise<void>;
  getWriter(): WritableStreamDefaultWriter<W>;
}
declare class WritableStreamDefaultWriter<W = any> {
  constructor(stream: WritableStream<W>);
  readonly closed: Promise<any>;
  readonly desiredSize: number | null;
  readonly ready: Promise<any>;
  abort(reason?: any): Promise<void>;
  close(): Promise<void>;
  releaseLock(): void;
  write(chunk?: W): Promise<void>;
}
declare class TransformStream<I = any, O = any> {
  constructor(transformer?: any, writable?: any, readable?: any);
  readonly readable: ReadableStream<O>;
  readonly writable: WritableStream<I>;
}
declare class ByteLengthQueuingStrategy {
  constructor(init: { highWaterMark: number });
  readonly highWaterMark: number;
  readonly size: any;
}
declare class CountQueuingStrategy {
  constructor(init: { highWaterMark: number });
  readonly highWaterMark: number;
  readonly size: any;
}
declare class CompressionStream extends TransformStream {
  constructor(format: string);
}
declare class DecompressionStream extends TransformStream {
  constructor(format: string);
}
declare class TextEncoderStream extends TransformStream {}
declare class TextDecoderStream extends TransformStream {
  constructor(label?: string, options?: any);
}

declare class CryptoKey {
  readonly algorithm: any;
  readonly extractable: boolean;
  readonly type: string;
  readonly usages: string[];
}
declare class SubtleCrypto {
  digest(algorithm: any, data: any): Promise<ArrayBuffer>;
  encrypt(algorithm: any, key: CryptoKey, data: any): Promise<ArrayBuffer>;
  decrypt(algorithm: any, key: CryptoKey, data: any): Promise<ArrayBuffer>;
  sign(algorithm: any, key: CryptoKey, data: any): Promise<ArrayBuffer>;
  verify(algorithm: any, key: CryptoKey, signature: any, data: any): Promise<boolean>;
  deriveBits(algorithm: any, key: CryptoKey, length?: number | null): Promise<ArrayBuffer>;
  deriveKey(algorithm: any, key: CryptoKey, derived: any, extractable: boolean, usages: string[]): Promise<CryptoKey>;
  exportKey(format: string, key: CryptoKey): Promise<any>;
  generateKey(algorithm: any, extractable: boolean, usages: string[]): Promise<any>;
  importKey(format: string, key: any, algorithm: any, extractable: boolean, usages: string[]): Promise<CryptoKey>;
  wrapKey(format: string, key: CryptoKey, wrapping: CryptoKey, algorithm: any): Promise<ArrayBuffer>;
  unwrapKey(...args: any[]): Promise<CryptoKey>;
}
declare class Crypto {
  readonly subtle: SubtleCrypto;
  getRandomValues<T>(array: T): T;
  randomUUID(): string;
}
declare var crypto: Crypto;
declare class Performance extends EventTarget {
  readonly timeOrigin: number;
  now(): number;
  mark(...args: any[]): any;
  measure(...args: any[]): any;
  toJSON(): any;
  [member: string]: any;
}
declare var performance: Performance;
