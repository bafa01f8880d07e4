/** A kind of code that is refused before it runs. The one table: the validator, its tests and the docs read it. */
export type PatternRule = {
  readonly message: string;
  readonly hint: string;
  /** An error unless it says `warning`: told beside what the run gives, never a reason not to run. */
  readonly severity?: 'warning';
};

const rule = (message: string, hint: string): PatternRule => ({ message, hint });
const slip = (message: string, hint: string): PatternRule => ({ message, hint, severity: 'warning' });
const NO_NETWORK = "Call a tool instead: import { … } from 'servers/…'.";
const NO_CODE_FROM_TEXT = 'Write the code out; text is never run as code here.';
const NO_HOST =
  'Nothing of the host can be reached. Take what you need from a tool, or from the arguments of the task.';
const OWN_OBJECT = 'Make an object or a class of your own, or pass a function.';

export const PATTERN_RULES = {
  eval: rule('eval runs text as code.', NO_CODE_FROM_TEXT),
  'eval-alias': rule('eval is taken by another name.', NO_CODE_FROM_TEXT),
  'function-constructor': rule('The Function constructor runs text as code.', NO_CODE_FROM_TEXT),
  'constructor-access': rule(
    'A constructor property leads to the Function constructor.',
    'Name the class itself; to compare, use instanceof; for a name, use x.constructor.name.',
  ),
  'function-family': rule('The constructors of async and generator functions run text as code.', NO_CODE_FROM_TEXT),
  'reflect-construct': rule(
    'Reflect.construct and Reflect.apply can reach the Function constructor.',
    'Use new X(…) or f(…).',
  ),
  'string-timer': rule('A timer is given text to run.', 'Give it a function: setTimeout(() => …, ms).'),
  'shadow-realm': rule('ShadowRealm runs text as code.', NO_CODE_FROM_TEXT),
  'script-import': rule('importScripts loads code.', "Use import … from 'servers/…'."),
  'dynamic-import': rule('import() loads code while running.', "Use import { … } from 'servers/…' at the top."),
  'import-meta': rule('import.meta tells of the host.', 'Leave it out: the code has no address.'),
  require: rule('require loads modules of the host.', "Use import { … } from 'servers/…'."),
  commonjs: rule('CommonJS names do not exist here.', 'End with return … or export default ….'),
  process: rule('process belongs to the host.', NO_HOST),
  deno: rule('Deno belongs to the host.', NO_HOST),
  'deno-internals': rule('Internals of the runtime are named.', NO_HOST),
  bun: rule('Bun belongs to the host.', NO_HOST),
  worker: rule('Workers cannot be started.', 'Use Promise.all for tool calls side by side.'),
  webassembly: rule('WebAssembly is not available.', 'Write it in TypeScript.'),
  'shared-memory': rule('Shared memory and Atomics are not available.', 'Use plain arrays; nothing runs in parallel.'),
  fetch: rule('The network cannot be reached from code.', NO_NETWORK),
  socket: rule('Sockets cannot be opened from code.', NO_NETWORK),
  'proto-access': rule('__proto__ reaches a prototype.', 'Use Object.create(null), a Map, or a class.'),
  'legacy-accessor': rule(
    '__defineGetter__ and its like change objects behind their backs.',
    'Write get x() { … } in a class or literal.',
  ),
  'prototype-write': rule('The prototype of a built-in is changed.', OWN_OBJECT),
  'set-prototype': rule('The prototype of a built-in object is replaced.', OWN_OBJECT),
  'define-property': rule('A property of a built-in object is redefined.', OWN_OBJECT),
  'builtin-write': rule('A built-in is overwritten or deleted.', 'Use a local name: const x = ….'),
  'global-write': rule('A global is set.', 'Declare it: let x = …; nothing is kept from run to run on globals.'),
  'global-object': rule('The global object is taken as a value.', 'Name the global that you need directly.'),
  'proxy-builtin': rule('A Proxy is put round a built-in.', OWN_OBJECT),
  'stack-hook': rule(
    'The hooks of error stacks reach into the runtime.',
    'Leave stacks alone: class MyError extends Error {} is enough.',
  ),
  'caller-access': rule('caller and callee reach calling functions.', 'Pass the function by name.'),
  'global-listener': rule('Global event handlers are not available.', 'Use try/catch round what may fail.'),
  dialog: rule('There is nobody to ask from code.', 'Return the question as the result.'),
  'browser-global': rule('This is not a browser page.', NO_HOST),
  storage: rule('Browser storage is not available.', 'Keep values in variables; return what must last.'),
  messaging: rule('Channels to other pages and processes are not available.', 'Call a function, or a tool.'),
  with: rule('with statements make names ambiguous.', 'Use destructuring: const { a, b } = x.'),
  debugger: rule('debugger has no effect here.', 'Use console.log.'),
  'endless-loop': rule('This loop never ends.', 'Give it a condition, or a break, return or await.'),
  decorator: rule('Decorators are not available.', 'Call the function on the class or value.'),
  secret: rule(
    'A credential stands in the code.',
    'Leave it out: credentials are kept in the vault, and a connection adds them to its calls. Replace this one, it is on record now.',
  ),
  'huge-literal': slip(
    'Much data stands in the code.',
    'Fetch it with a tool and work on it here, or keep it in a file: workspace.read(name).',
  ),
  'slow-regex': slip(
    'A repeated group that repeats inside can take for ever on text that nearly fits.',
    'Repeat once: (a+)+ is a+.',
  ),
  'busy-wait': slip(
    'This loop burns the time of the run while it waits.',
    'Wait with await new Promise((resolve) => setTimeout(resolve, ms)).',
  ),
  'floating-call': slip(
    'The result of a tool call is not waited for; the run may end before the call does, and its error is lost.',
    'Write await before it, or collect calls in Promise.all.',
  ),
  'async-foreach': slip(
    'forEach does not wait for an async function.',
    'Use for (const x of list) { await … }, or await Promise.all(list.map(async (x) => …)).',
  ),
} as const satisfies Record<string, PatternRule>;
export type PatternCode = keyof typeof PATTERN_RULES;

/** Globals whose mere mention is refused. Everything here is also absent from the sandbox. */
export const FORBIDDEN_GLOBALS: ReadonlyMap<string, PatternCode> = new Map(
  Object.entries({
    'function-family': 'AsyncFunction GeneratorFunction AsyncGeneratorFunction',
    'shadow-realm': 'ShadowRealm',
    'script-import': 'importScripts',
    require: 'require',
    commonjs: 'module exports __dirname __filename',
    process: 'process setImmediate clearImmediate',
    deno: 'Deno',
    'deno-internals': '__bootstrap bootstrap Buffer',
    bun: 'Bun',
    worker: 'Worker SharedWorker ServiceWorker WorkerGlobalScope',
    webassembly: 'WebAssembly',
    'shared-memory': 'SharedArrayBuffer Atomics',
    fetch: 'fetch XMLHttpRequest Request Response',
    socket: 'WebSocket WebSocketStream EventSource WebTransport RTCPeerConnection',
    'global-listener':
      'addEventListener removeEventListener dispatchEvent reportError onerror onunhandledrejection onbeforeunload onload onunload',
    dialog: 'alert confirm prompt print',
    'browser-global': 'window document navigator location history parent top frames opener',
    storage: 'localStorage sessionStorage indexedDB caches CacheStorage cookieStore',
    messaging: 'BroadcastChannel postMessage',
    'proto-access': '__proto__',
    'legacy-accessor': '__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__',
  } satisfies Partial<Record<PatternCode, string>>).flatMap(([code, names]) =>
    names.split(' ').map((name) => [name, code as PatternCode] as const),
  ),
);

/** Property names refused on any object, however they are written. */
export const FORBIDDEN_PROPERTIES: ReadonlyMap<string, PatternCode> = new Map<string, PatternCode>([
  ['__proto__', 'proto-access'],
  ['__defineGetter__', 'legacy-accessor'],
  ['__defineSetter__', 'legacy-accessor'],
  ['__lookupGetter__', 'legacy-accessor'],
  ['__lookupSetter__', 'legacy-accessor'],
  ['prepareStackTrace', 'stack-hook'],
  ['captureStackTrace', 'stack-hook'],
]);

export const GLOBAL_OBJECTS: ReadonlySet<string> = new Set(['globalThis', 'self', 'global']);

/** Globals that code may use and must not change. */
export const BUILTINS: ReadonlySet<string> = new Set(
  `Object Function Array Number Boolean String Symbol Date Promise RegExp Error AggregateError EvalError RangeError
ReferenceError SyntaxError TypeError URIError JSON Math Intl ArrayBuffer Uint8Array Int8Array Uint16Array Int16Array
Uint32Array Int32Array BigUint64Array BigInt64Array Uint8ClampedArray Float32Array Float64Array DataView Map BigInt Set
Iterator WeakMap WeakSet Proxy Reflect WeakRef FinalizationRegistry parseInt parseFloat isNaN isFinite decodeURI encodeURI
decodeURIComponent encodeURIComponent console queueMicrotask setTimeout setInterval clearTimeout clearInterval URL
URLSearchParams URLPattern TextEncoder TextDecoder AbortController AbortSignal Blob crypto performance structuredClone atob btoa
Temporal Headers FormData ReadableStream WritableStream TransformStream globalThis self undefined NaN Infinity`.split(
    /\s+/,
  ),
);
