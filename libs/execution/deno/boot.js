// The inside of the sandbox: a Deno process with no permission, used for one run and then killed. Only where a tenant has
// asked for it, the runs that one caller makes in one conversation follow each other in it (`keep`).
//
// Nothing here is the wall. Code that gets the better of this file finds a process that may not read, write, connect or
// start anything, inside the walls that `wall.ts` puts round it. This file makes ordinary code work and keeps honest code
// inside its limits. It takes what it needs of the language before strangers' code can change it, imports nothing (each
// `node:` module costs 20–40 ms), and speaks on stdin and stdout only.
//
// Frames, both ways: [u32le length of the rest][u8 type][payload].
//   in   C  job as JSON      r  [u32le seq][JSON of the reply]      e  [u32le seq][JSON { name, message, code, data }]
//   out  R  ready, JSON      T  [seq, server, tool, args]           L  [level, text]
//        D  JSON of the result                                      X  JSON { kind: failed | result, name, message, stack }
//        I  after D or X of a run to keep: true when everything is as it was before the run, else false
const { stdin, stdout, exit, inspect, internal, version } = Deno;
const { core } = Deno[internal];
const { createTimer, cancelTimer, isPromise, isMap, isSet, isWeakMap, isWeakSet, isNativeError } = core;
const { parse, stringify } = JSON;
const { create, freeze, keys, is, getOwnPropertyNames, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { ownKeys } = Reflect;
const [GlobalError, GlobalPromise, GlobalProxy, GlobalTypeError, GlobalRangeError] = [
  Error,
  Promise,
  Proxy,
  TypeError,
  RangeError,
];
const [Bytes, MapOf, SetOf, text, isArray] = [Uint8Array, Map, Set, String, Array.isArray];
const now = performance.now.bind(performance);
const encode = TextEncoder.prototype.encode.bind(new TextEncoder());
const decode = TextDecoder.prototype.decode.bind(new TextDecoder());
const write = stdout.writeSync.bind(stdout);
const read = stdin.read.bind(stdin);
const handled = Function.prototype.call.bind(Promise.prototype.then);
const evalContext = core.evalContext.bind(core);
// A host-defined option that is not a symbol leaves the script without an import callback: every import() in it rejects.
// `selfTest` proves it before anything else is evaluated.
const NO_IMPORT = [1];
const evaluate = (script, file) => {
  const [value, error] = evalContext(script, file, NO_IMPORT);
  if (error) throw error.thrown;
  return value;
};

// ── frames ──────────────────────────────────────────────────────────────────────────────────────────────────────────
const send = (type, body) => {
  const length = body.length + 1;
  const frame = new Bytes(4 + length);
  frame[0] = length;
  frame[1] = length >>> 8;
  frame[2] = length >>> 16;
  frame[3] = length >>> 24;
  frame[4] = type;
  frame.set(body, 5);
  for (let sent = 0; sent < frame.length;) sent += write(sent ? frame.subarray(sent) : frame);
};
const sendJson = (type, value) => send(type, encode(stringify(value)));
const u32 = (bytes, at) => (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;

let buffer = new Bytes(131_072);
let start = 0;
let end = 0;
const nextFrame = async () => {
  for (;;) {
    const have = end - start;
    const need = have >= 4 ? 4 + u32(buffer, start) : 5;
    if (have >= need) {
      const frame = buffer.slice(start + 4, start + need);
      start += need;
      return frame;
    }
    if (buffer.length < need) {
      const larger = new Bytes(need + 65_536);
      larger.set(buffer.subarray(start, end));
      buffer = larger;
      start = 0;
      end = have;
    } else if (buffer.length - start < need || buffer.length === end) {
      buffer.copyWithin(0, start, end);
      start = 0;
      end = have;
    }
    const count = await read(buffer.subarray(end));
    if (count === null) exit(0); // the host is gone
    end += count;
  }
};

// ── stacks: only the code's own frames, by the lines of the code as it was sent, and nothing of the machine ──────────
const USER = 'file:///user.ts';
const lineMaps = create(null); // by script: the code's own and those of the skills that it called
const frameOf = (site) => {
  const file = site.getScriptNameOrSourceURL();
  const lineMap = typeof file === 'string' ? lineMaps[file] : undefined;
  if (lineMap === undefined) return '';
  const at = site.getLineNumber();
  const line = lineMap ? lineMap[at - 1] : at - 1; // the first line holds the imports
  if (!(line > 0)) return '';
  const place = `${file.slice(8)}:${line}:${site.getColumnNumber()}`;
  const name = site.getFunctionName();
  return name ? `\n    at ${site.isAsync() ? 'async ' : ''}${name} (${place})` : `\n    at ${place}`;
};
const titleOf = (error) => {
  try {
    const message = text(error.message ?? '');
    return message ? `${text(error.name)}: ${message}` : text(error.name);
  } catch {
    return 'Error';
  }
};
const ownStacks = () =>
  Object.defineProperty(Error, 'prepareStackTrace', {
    value: (error, sites) => {
      let lines = '';
      for (let at = 0; at < sites.length; at++) lines += frameOf(sites[at]);
      return titleOf(error) + lines;
    },
  });

// ── tool calls ──────────────────────────────────────────────────────────────────────────────────────────────────────
const waiting = new MapOf();
const [waitingGet, waitingSet, waitingDelete] = [
  waiting.get.bind(waiting),
  waiting.set.bind(waiting),
  waiting.delete.bind(waiting),
];
const sizeOf = getOwnPropertyDescriptor(MapOf.prototype, 'size').get;
const waitingSize = Function.prototype.call.bind(sizeOf, waiting);
const ignore = () => {};
let argumentCap = 0;
let seq = 0;
let turn = 0; // which run of this process it is
const call = (server, tool, args, count, mine = turn) => {
  if (mine !== turn) throw new GlobalError('This run has ended.');
  const here = new GlobalError(''); // replies come from the event loop: only this knows the line that called
  const promise = new GlobalPromise((resolve, reject) => {
    if (count > 1)
      throw new GlobalTypeError(`${tool} takes one object, as in ${tool}({ … }); it was given ${count} arguments.`);
    const body = encode(stringify([seq + 1, server, tool, args === undefined ? {} : args]));
    if (body.length > argumentCap)
      throw new GlobalRangeError(`The arguments of ${tool} have ${body.length} bytes; ${argumentCap} are allowed.`);
    seq += 1;
    waitingSet(seq, { resolve, reject, here });
    send(84, body);
  });
  // A refused call that is awaited late must not count as unhandled meanwhile.
  handled(promise, ignore, ignore);
  return promise;
};
const answer = (frame) => {
  const id = u32(frame, 1);
  const entry = waitingGet(id);
  if (!entry) return;
  waitingDelete(id);
  let value;
  try {
    value = frame.length > 5 ? parse(decode(frame.subarray(5))) : undefined;
  } catch {
    entry.reject(new GlobalError('The tool sent an answer that is not JSON.'));
    return;
  }
  if (frame[0] === 114) {
    entry.resolve(value);
    return;
  }
  const error = new GlobalError(value.message);
  error.name = value.name;
  error.code = value.code;
  if (value.data !== undefined) error.data = value.data;
  const calledAt = text(entry.here.stack);
  const lines = calledAt.indexOf('\n');
  error.stack = `${value.name}: ${value.message}${lines < 0 ? '' : calledAt.slice(lines)}`;
  entry.reject(error);
};
const pump = async () => {
  for (;;) {
    const frame = await nextFrame();
    if (frame[0] === 67) perform(frame);
    else answer(frame);
  }
};

// ── the module table that a script's imports are looked up in ───────────────────────────────────────────────────────
const callable = (server, tool) => {
  const mine = turn;
  const made = { [tool]: (...args) => call(server, tool, args[0], args.length, mine) };
  return freeze(made[tool]);
};
const refusal = (specifier) =>
  new GlobalError(`Cannot import '${specifier}': only 'servers/…' and 'skills/…' can be imported.`);
// A skill's module is evaluated when it is first called, once; what it exports is then called in this same process.
let skills = create(null);
let skillScripts = create(null);
const SKILLS = '$skills';
const loadSkill = async (name) => {
  const { script, modules, lineMap } = skillScripts[name];
  const file = `file:///skills/${name}.ts`;
  lineMaps[file] = lineMap;
  const result = { value: undefined };
  await evaluate(script, file)(moduleTable(modules), result);
  const run = await result.value;
  if (typeof run !== 'function') throw new GlobalTypeError(`The skill ${name} exports no function.`);
  return run;
};
const skill = (name) => {
  const made = { [name]: async (...args) => (await (skills[name] ??= loadSkill(name)))(...args) };
  return freeze(made[name]);
};
const moduleTable = (known) => {
  const made = new MapOf();
  const get = (server, tool) => {
    const key = `${server}\n${tool}`;
    const existing = made.get(key);
    if (existing) return existing;
    const fresh = server === SKILLS && skillScripts[tool] ? skill(tool) : callable(server, tool);
    made.set(key, fresh);
    return fresh;
  };
  return freeze({
    call: get,
    all: (server) => {
      const members = create(null);
      for (const tool of known[server] ?? []) members[tool] = get(server, tool);
      // An unknown member is asked of the host all the same, which knows best why not.
      return new GlobalProxy(freeze(members), {
        get: (target, name) =>
          typeof name !== 'string' || name === 'then' ? undefined : (target[name] ?? get(server, name)),
      });
    },
    refuse: (specifier) => {
      throw refusal(specifier);
    },
    refuseLater: (specifier) => GlobalPromise.reject(refusal(text(specifier))),
  });
};

// ── workspace: files that outlive the run are the host's to keep ────────────────────────────────────────────────────
const WORKSPACE = '$workspace';
const nameOf = (name, what) => {
  if (typeof name !== 'string')
    throw new GlobalTypeError(`workspace.${what} takes the name of a file, as in 'pumps.json'.`);
  return name;
};
const makeWorkspace = () =>
  freeze({
    write: async (name, content) => {
      nameOf(name, 'write');
      const kind = typeof content === 'string' ? 'text' : 'json';
      return call(WORKSPACE, 'write', { name, kind, content: kind === 'text' ? content : toJson(content) }, 1);
    },
    read: async (name) => call(WORKSPACE, 'read', { name: nameOf(name, 'read') }, 1),
    list: async () => call(WORKSPACE, 'list', {}, 1),
    remove: async (name) => call(WORKSPACE, 'remove', { name: nameOf(name, 'remove') }, 1),
    open: async (handle) => {
      if (typeof handle !== 'string') throw new GlobalTypeError('workspace.open takes the handle of a large result.');
      return call(WORKSPACE, 'open', { handle }, 1);
    },
  });

// ── console ─────────────────────────────────────────────────────────────────────────────────────────────────────────
const LINE_CAP = 16_384;
const SHOW = freeze({ depth: 4, iterableLimit: 100, strAbbreviateSize: 10_000, colors: false });
let logCap = 0;
let logged = 0;
let indent = '';
const format = (args) => {
  let line = indent;
  for (let at = 0; at < args.length; at++)
    line += (at ? ' ' : '') + (typeof args[at] === 'string' ? args[at] : inspect(args[at], SHOW));
  return line.length > LINE_CAP ? `${line.slice(0, LINE_CAP)}…` : line;
};
const log = (level, line) => {
  if (logged > logCap) return;
  logged += encode(line).length + 16; // the host counts the same way
  sendJson(76, [level, logged > logCap ? `[No more is logged: ${logCap} bytes are allowed.]` : line]);
};
const printer =
  (level) =>
  (...args) =>
    log(level, logged > logCap ? '' : format(args));
const counts = new MapOf();
const times = new MapOf();
const makeConsole = () => {
  const made = create(null);
  for (const level of ['log', 'info', 'warn', 'error', 'debug']) made[level] = printer(level);
  made.dir = (value) => made.log(value);
  made.table = made.log;
  made.trace = (...args) => made.error('Trace:', ...args);
  made.assert = (condition, ...args) => condition || made.error('Assertion failed', ...args);
  made.count = (label = 'default') =>
    made.log(`${label}: ${counts.set(label, (counts.get(label) ?? 0) + 1).get(label)}`);
  made.countReset = (label = 'default') => void counts.delete(label);
  made.time = (label = 'default') => void times.set(label, now());
  made.timeLog = (label = 'default') => made.log(`${label}: ${(now() - (times.get(label) ?? now())).toFixed(1)} ms`);
  made.timeEnd = (label = 'default') => (made.timeLog(label), void times.delete(label));
  made.group = (...args) => (args.length && made.log(...args), void (indent += '  '));
  made.groupCollapsed = made.group;
  made.groupEnd = () => void (indent = indent.slice(2));
  made.clear = ignore;
  return made;
};

// ── timers: Deno's own load `node:timers` on first touch (7 ms), which fails once the globals are gone ──────────────
const timers = new MapOf();
const timersSize = Function.prototype.call.bind(sizeOf, timers);
let timerId = 0;
const timer =
  (repeats) =>
  (callback, ms, ...args) => {
    if (typeof callback !== 'function') throw new GlobalTypeError('A timer needs a function.');
    const id = ++timerId;
    const delay = ms > 0 ? +ms : 0;
    const fire = () => {
      if (!repeats) timers.delete(id);
      callback(...args);
    };
    timers.set(id, createTimer(fire, delay, undefined, repeats, true, false));
    return id;
  };
const clearTimer = (id) => {
  const found = timers.get(id);
  if (!found) return;
  timers.delete(id);
  cancelTimer(found);
};

// ── results ─────────────────────────────────────────────────────────────────────────────────────────────────────────
const unfit = (value) => {
  if (typeof value === 'function') return 'a function: return what it gives, not itself';
  if (typeof value === 'symbol') return 'a symbol: return a string';
  if (typeof value === 'bigint') return 'a BigInt: return Number(x) or String(x)';
  if (value === null || typeof value !== 'object') return '';
  if (isPromise(value)) return 'a promise: await it';
  if (isMap(value)) return 'a Map: return Object.fromEntries(x)';
  if (isSet(value)) return 'a Set: return [...x]';
  if (isWeakMap(value) || isWeakSet(value)) return 'a weak collection: return plain data';
  return '';
};
class ResultNotSerializable extends GlobalError {
  name = 'ResultNotSerializable';
}
/** Where the first value is that JSON cannot hold. Only runs once something went wrong. */
const place = (value, path, above) => {
  const why = unfit(value);
  if (why) return `${path} is ${why}`;
  if (value === null || typeof value !== 'object') return '';
  if (above.has(value)) return `${path} contains itself: return plain data without cycles`;
  above.add(value);
  for (const key of keys(value)) {
    const found = place(value[key], isArray(value) ? `${path}[${key}]` : `${path}.${key}`, above);
    if (found) return found;
  }
  above.delete(value);
  return '';
};
const toJson = (value) => {
  if (value === undefined) return 'null';
  try {
    return stringify(value, (_key, inner) => {
      if (unfit(inner)) throw new GlobalTypeError('unfit');
      return isNativeError(inner) ? { name: inner.name, message: inner.message } : inner;
    });
  } catch (thrown) {
    let where = '';
    try {
      where = place(value, 'result', new SetOf());
    } catch {}
    throw new ResultNotSerializable(`The result must be JSON, but ${where || `it is not: ${text(thrown?.message)}`}.`);
  }
};
const sendResult = (value, cap) => {
  const json = toJson(value) ?? 'null';
  const bytes = json.length > cap ? undefined : encode(json);
  const size = bytes ? bytes.length : json.length;
  if (size > cap) {
    sendJson(88, {
      kind: 'result',
      name: 'ResultTooLarge',
      message: `The result has ${size} bytes; ${cap} are allowed.`,
      stack: '',
    });
  } else send(68, bytes);
};
const sendError = (thrown, name) => {
  const parts = { kind: 'failed', name: name ?? 'Error', message: '', stack: '' };
  try {
    const isObject = thrown !== null && typeof thrown === 'object';
    if (isObject && thrown.name) parts.name = text(thrown.name);
    parts.message = text(isObject ? (thrown.message ?? inspect(thrown, SHOW)) : thrown).slice(0, 16_384);
    parts.stack = text(isObject ? (thrown.stack ?? '') : '').slice(0, 32_768);
  } catch {}
  sendJson(88, parts);
};

// ── globals: the language's, and the web platform's data ones ───────────────────────────────────────────────────────
const KEPT = new Set(
  `Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp Error
AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError SuppressedError globalThis JSON Math Intl
ArrayBuffer Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array BigUint64Array BigInt64Array Uint8ClampedArray
Float16Array Float32Array Float64Array DataView Map BigInt Set Iterator WeakMap WeakSet Proxy Reflect FinalizationRegistry WeakRef
decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape isFinite isNaN eval queueMicrotask AbortController
AbortSignal Blob ByteLengthQueuingStrategy CountQueuingStrategy CompressionStream DecompressionStream CustomEvent DOMException
Event EventTarget FormData Headers ReadableStream ReadableStreamDefaultReader TextDecoder TextEncoder TextDecoderStream
TextEncoderStream TransformStream URL URLPattern URLSearchParams WritableStream WritableStreamDefaultWriter atob btoa crypto Crypto
CryptoKey SubtleCrypto performance Performance structuredClone Temporal DisposableStack AsyncDisposableStack`.split(
    /\s+/,
  ),
);
const scrub = () => {
  for (const name of getOwnPropertyNames(globalThis)) {
    if (KEPT.has(name)) continue;
    try {
      delete globalThis[name];
    } catch {}
  }
  const put = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  put('console', makeConsole());
  put('workspace', makeWorkspace());
  put('self', globalThis);
  put('setTimeout', timer(false));
  put('setInterval', timer(true));
  put('clearTimeout', clearTimer);
  put('clearInterval', clearTimer);
};

/** Refuses to become ready where the runtime would not keep what the design rests on. */
const selfTest = async () => {
  const importing = evaluate(
    '(async () => { try { await import("data:text/javascript,0"); return "imported"; } catch { return ""; } })',
    'file:///test.js',
  );
  if ((await importing()) !== '') throw new GlobalError('import() works in scripts');
  const fromText = evaluate('(() => { try { return (0, eval)("1"); } catch { return ""; } })', 'file:///test.js');
  if (fromText() !== '') throw new GlobalError('code can be made from text');
  for (const name of ['read', 'write', 'net', 'env', 'run', 'ffi', 'sys', 'import']) {
    const { state } = Deno.permissions.querySync({ name });
    if (state !== 'denied' && state !== 'prompt') throw new GlobalError(`there is a permission: ${name}`);
  }
};

const runJob = async (job) => {
  const result = { value: undefined };
  const main = evaluate(job.script, USER);
  if (typeof main !== 'function') throw new GlobalTypeError('The script is not a function.');
  let value = await main(moduleTable(job.modules), result);
  if (value === undefined) {
    value = await result.value;
    if (typeof value === 'function') value = await value();
  }
  return value;
};

/** Goes once over the way that a run takes, so that the run itself finds everything compiled. */
const warmUp = async () => {
  const script =
    '(async function(m,r){"use strict";const a=m.call("w","a");const b=[1,2].map((x)=>x+1).filter(Boolean);r.value=await Promise.resolve({b,n:`${b.length}`,t:typeof a});})';
  toJson(await runJob({ script, modules: { w: ['a'] } }));
  format(['a', { b: 1 }]);
  parse(decode(encode(stringify({ script, list: [1, 'b'] }))));
  const reply = encode('r\u0001\0\0\0{"x":1}');
  waitingSet(1, { resolve: ignore, reject: ignore });
  answer(reply);
};

// ── a run that others may follow ────────────────────────────────────────────────────────────────────────────────────
// What a run must leave as it found it for another to follow: the globals, and all that is reached from them. This is
// tidiness between the runs of one caller in one conversation. It keeps nobody out: others are in other processes.
let found;
const reachable = () => {
  const all = new SetOf([globalThis]);
  for (const made of [
    async () => {},
    function* () {},
    async function* () {},
    [][Symbol.iterator](),
    new MapOf().keys(),
  ])
    for (let at = getPrototypeOf(made); at; at = getPrototypeOf(at)) all.add(at);
  for (const object of all)
    // grows while it is walked
    for (const key of ownKeys(object)) {
      const { value } = getOwnPropertyDescriptor(object, key);
      if (value !== null && (typeof value === 'object' || typeof value === 'function')) all.add(value);
    }
  return [...all];
};
const look = (object) => ({
  object,
  above: getPrototypeOf(object),
  properties: ownKeys(object).map((key) => ({ key, ...getOwnPropertyDescriptor(object, key) })),
});
const isAsFound = () => {
  for (let at = 0; at < found.length; at++) {
    const { object, above, properties } = found[at];
    if (getPrototypeOf(object) !== above || ownKeys(object).length !== properties.length) return false;
    for (let next = 0; next < properties.length; next++) {
      const { key, value, get, set } = properties[next];
      const now = getOwnPropertyDescriptor(object, key);
      if (!now || !is(now.value, value) || now.get !== get || now.set !== set) return false;
    }
  }
  return true;
};
const settled = () => new GlobalPromise((resolve) => createTimer(resolve, 0, undefined, false, true, false));
const isTidy = () => {
  if (timersSize() > 0 || waitingSize() > 0) return false;
  try {
    return isAsFound();
  } catch {
    return false;
  }
};

let running = false;
const perform = async (frame) => {
  const job = parse(decode(frame.subarray(1)));
  if (job.keep) found ??= reachable().map(look);
  turn += 1;
  seq = 0;
  logged = 0;
  indent = '';
  skills = create(null);
  skillScripts = create(null);
  lineMaps[USER] = job.lineMap;
  for (const name of keys(job.skills)) skillScripts[name] = job.skills[name];
  logCap = job.logBytes;
  argumentCap = job.argumentBytes;
  running = true;
  try {
    sendResult(await runJob(job), job.resultBytes);
  } catch (thrown) {
    sendError(thrown);
  }
  if (!job.keep) return;
  await settled(); // what it left in the queues comes before anything that follows
  turn += 1; // nothing of it calls a tool any more
  running = false;
  sendJson(73, isTidy());
};

const main = async () => {
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    if (running) sendError(event.reason, 'UnhandledRejection');
  });
  addEventListener('error', (event) => {
    event.preventDefault();
    if (running) sendError(event.error, 'Error');
  });
  await selfTest();
  await warmUp();
  ownStacks();
  scrub();
  sendJson(82, { deno: version.deno });
  await pump();
};
main();
