import { describe, expect, it } from '@jest/globals';
import { PATTERN_RULES, type PatternCode } from './pattern-rules.ts';
import { validate } from './validate.ts';

const catalog = (path: string) => ({ servers: ['search'], 'servers/search': ['searchProducts'], skills: [] })[path];
const codesOf = (code: string): string[] => validate(code, catalog).findings.map((finding) => finding.code);

/** Each kind: code that is refused for it, and code that looks alike and is harmless. */
const CASES: Record<PatternCode, { refused: string[]; harmless: string[] }> = {
  eval: {
    refused: [
      'eval("1")',
      'eval?.("1")',
      '\\u0065val("1")',
      'return globalThis.eval("1")',
      'const g = "eval"; globalThis[g]("1")',
      'self["ev" + "al"]("1")',
    ],
    harmless: [
      'const evaluate = (x: string) => x; return evaluate("eval(1)")',
      'const f = (eval2: unknown) => eval2; f(1)',
    ],
  },
  'eval-alias': {
    refused: [
      '(0, eval)("1")',
      'const e = eval; e("1")',
      'const { eval: e } = globalThis',
      '[eval].map((f) => f("1"))',
    ],
    harmless: ['const o = { eval: 1 }; return o.eval', 'return typeof eval'],
  },
  'function-constructor': {
    refused: [
      'new Function("return 1")()',
      'Function("return 1")()',
      'const F = Function; F("1")',
      'Function.prototype.call',
      'return globalThis.Function("x")',
    ],
    harmless: [
      'const x: unknown = 1; return x instanceof Function',
      'let f: Function = () => 1; return f()',
      'class Function2 {} return new Function2()',
    ],
  },
  'constructor-access': {
    refused: [
      '(() => 1).constructor("return 1")()',
      '[]["con" + "structor"]["constructor"]("1")()',
      'const { constructor: C } = () => 1; C("1")',
      'const k = `constr${"uctor"}`; return ([] as any)[k][k]("1")',
      'return ([] as any)["rotcurtsnoc".split("").reverse().join("")]',
      'return Reflect.get([], "constructor")',
      'return ([] as any)[String.fromCharCode(99, 111, 110, 115, 116, 114, 117, 99, 116, 111, 114)]',
      'let C; ({ constructor: C } = [] as any)',
      'const f = ({ constructor: C }: any) => C; f([])',
    ],
    harmless: [
      'class A { constructor() {} } return new A()',
      'const e = new Error("x"); return e.constructor.name',
      'return ({}).constructor === Object',
      'return { constructor: 1 }',
    ],
  },
  'function-family': {
    refused: [
      'return Object.getPrototypeOf(async function () {})',
      'return Reflect.getPrototypeOf(function* () {})',
      'return AsyncFunction("1")',
      'const f = async () => 1; return Object.getPrototypeOf(f)',
      'async function* g() {} return Reflect.getPrototypeOf(g)',
    ],
    harmless: ['return Object.getPrototypeOf({})', 'const AsyncFunction = 1; return AsyncFunction'],
  },
  'reflect-construct': {
    refused: [
      'Reflect.construct(Array, [])',
      'Reflect["app" + "ly"](Math.max, null, [])',
      'const { construct } = Reflect',
      'const R = Reflect; R.construct(Array, [])',
    ],
    harmless: [
      'return Reflect.ownKeys({ a: 1 })',
      'const Reflect = { construct: () => 1 }; return Reflect.construct()',
    ],
  },
  'string-timer': {
    refused: [
      'setTimeout("alert()", 1)',
      'setInterval("a" + "b", 1)',
      'const s = "x()"; setTimeout(s)',
      'globalThis.setTimeout(`x${1}`)',
    ],
    harmless: ['await new Promise((r) => setTimeout(r, 1))', 'setTimeout(() => console.log("x"), 1)'],
  },
  'shadow-realm': { refused: ['new ShadowRealm()'], harmless: ['class ShadowRealm {} new ShadowRealm()'] },
  'script-import': { refused: ['importScripts("x.js")'], harmless: ['const importScripts = () => 1; importScripts()'] },
  'dynamic-import': {
    refused: ['await import("node:fs")', 'const f = () => import("servers/search")', 'import/* */("x")'],
    harmless: ['const o = { import: (x: string) => x }; o.import("x")', 'console.log("import(x)")'],
  },
  'import-meta': { refused: ['return import.meta.url'], harmless: ['function F() { return new.target } return F()'] },
  require: {
    refused: ['require("fs")', 'const r = require; r("fs")', 'import fs = require("fs")'],
    harmless: ['const require = (x: string) => x; require("fs")', '[1].map((require) => require)'],
  },
  commonjs: {
    refused: ['module.exports = 1', 'exports.x = 1', 'return __dirname', 'export = 3'],
    harmless: ['const module = { exports: 1 }; return module.exports'],
  },
  process: {
    refused: [
      'return process.env',
      'const p = process',
      'const { env } = process',
      'globalThis["process"]',
      'const f = () => process.exit()',
    ],
    harmless: [
      'const process = (x: number) => x + 1; return process(1)',
      'return [1].map((process) => process)',
      'return typeof process',
      'return { process: 1 }.process',
      'process(); function process() {}',
    ],
  },
  deno: {
    refused: ['Deno.readTextFile("/etc/passwd")', 'globalThis["De" + "no"]', 'return globalThis?.Deno'],
    harmless: ['const Deno = 1; return Deno', 'return "Deno"'],
  },
  'deno-internals': {
    refused: ['return __bootstrap', 'return Symbol.for("Deno.internal")', 'Buffer.from("x")'],
    harmless: ['return Symbol.for("mine")'],
  },
  bun: { refused: ['Bun.spawn(["ls"])'], harmless: ['type Bun = string; const b: Bun = "x"; return b'] },
  worker: {
    refused: ['new Worker("x")', 'new SharedWorker("x")'],
    harmless: ['class Worker { x = 1 } return new Worker().x'],
  },
  webassembly: { refused: ['await WebAssembly.compile(new Uint8Array())'], harmless: ['return { WebAssembly: 1 }'] },
  'shared-memory': {
    refused: ['new SharedArrayBuffer(8)', 'Atomics.wait(x, 0, 0); var x: any'],
    harmless: ['return new ArrayBuffer(8).byteLength'],
  },
  fetch: {
    refused: ['await fetch("https://x")', 'const f = fetch', 'globalThis.fetch("x")', 'new XMLHttpRequest()'],
    harmless: [
      'const load = async (fetch: (x: string) => unknown) => fetch("x"); load((x) => x)',
      'const api = { fetch: () => 1 }; api.fetch()',
    ],
  },
  socket: {
    refused: ['new WebSocket("wss://x")', 'new EventSource("x")'],
    harmless: ['interface WebSocket { x: 1 } const w: WebSocket = { x: 1 }; return w'],
  },
  'proto-access': {
    refused: [
      '({}).__proto__',
      'const o: any = {}; o["__pro" + "to__"].x = 1',
      'return { __proto__: null }',
      'const { __proto__: p } = {} as any',
    ],
    harmless: ['return Object.create(null)', 'const __proto = 1; return __proto', 'return "__proto__"'],
  },
  'legacy-accessor': {
    refused: ['({} as any).__defineGetter__("x", () => 1)', '({} as any).__lookupSetter__("x")'],
    harmless: ['return { get x() { return 1 } }.x'],
  },
  'prototype-write': {
    refused: [
      'Object.prototype.x = 1',
      '(Array.prototype as any)["map"] = null',
      'const A = Array; A.prototype.map = null as any',
      'Object.assign(Array.prototype, {})',
      '(Object.getPrototypeOf([]) as any).x = 1',
      'delete (String.prototype as any).trim',
      'const k = String(Math.random()); (Map.prototype as any)[k] = 1',
    ],
    harmless: [
      'class A {} A.prototype; return Array.prototype.slice.call([1])',
      'function F() {} F.prototype.x = 1',
      'const Array = { prototype: { x: 0 } }; Array.prototype.x = 1',
    ],
  },
  'set-prototype': {
    refused: ['Object.setPrototypeOf(Array.prototype, null)', 'Reflect.setPrototypeOf(JSON, null)'],
    harmless: ['const o = {}; Object.setPrototypeOf(o, null)'],
  },
  'define-property': {
    refused: [
      'Object.defineProperty(Array.prototype, "x", {})',
      'Reflect.defineProperty(console, "log", {})',
      'Object.defineProperties(globalThis.JSON, {})',
    ],
    harmless: ['const o = {}; return Object.defineProperty(o, "x", { value: 1 })'],
  },
  'builtin-write': {
    refused: [
      'JSON.parse = null as any',
      'console.log = () => {}',
      '(Math as any).x = 1',
      'Promise = null as any',
      'delete (Object as any).keys',
      '[console.log] = [() => {}]',
      '({ a: JSON.parse } = { a: null as any })',
      'Object.freeze(JSON)',
    ],
    harmless: [
      'const JSON = { parse: 1 }; JSON.parse = 2',
      'const o = { log: 1 }; o.log = 2',
      'return Object.freeze({})',
    ],
  },
  'global-write': {
    refused: [
      'globalThis.x = 1',
      '(globalThis as any)["y"] = 1',
      'undeclared = 1',
      'for (index of [1]) {}',
      'delete (globalThis as any).x',
    ],
    harmless: ['let x = 0; x = 1', 'var y; y = 2', 'for (const index of [1]) {}'],
  },
  'global-object': {
    refused: ['const g = globalThis', 'Object.keys(globalThis)', 'const k = String(1); globalThis[k]', 'return [self]'],
    harmless: ['return globalThis.JSON.stringify(1)', 'const self = { a: 1 }; return self', 'return typeof globalThis'],
  },
  'proxy-builtin': {
    refused: ['new Proxy(console, {})', 'const J = JSON; new Proxy(J, {})'],
    harmless: ['return new Proxy({ a: 1 }, {}).a'],
  },
  'stack-hook': {
    refused: [
      'Error.prepareStackTrace = () => 1',
      'Error.captureStackTrace({})',
      '(Error as any).stackTraceLimit = 0',
      'const { captureStackTrace } = Error as any',
    ],
    harmless: ['return new Error("x").stack', 'class MyError extends Error {} throw new MyError("x")'],
  },
  'caller-access': {
    refused: ['function f() { return arguments.callee } f()'],
    harmless: [
      'const call = { caller: "Ann", callee: "Bob" }; return call.caller + call.callee',
      'function f() { return arguments.length } f()',
    ],
  },
  'global-listener': {
    refused: ['addEventListener("error", () => {})', 'globalThis.onerror = null', 'reportError(1)'],
    harmless: ['const t = new EventTarget(); t.addEventListener("x", () => {})'],
  },
  dialog: {
    refused: ['prompt("name?")', 'alert(1)', 'if (confirm("sure?")) {}'],
    harmless: ['const prompt = "write"; return prompt', 'const alert = (m: string) => m; alert("x")'],
  },
  'browser-global': {
    refused: ['return navigator.userAgent', 'return location.href', 'document.cookie', 'window.x'],
    harmless: [
      'const location = "Bonn"; return location',
      'return { location: 1 }.location',
      'for (const document of [1]) console.log(document)',
    ],
  },
  storage: {
    refused: ['localStorage.setItem("a", "b")', 'await caches.open("x")', 'indexedDB.open("x")'],
    harmless: ['const caches = new Map(); caches.set(1, 2)'],
  },
  messaging: {
    refused: ['new BroadcastChannel("x")', 'postMessage("x")'],
    harmless: ['const postMessage = (x: string) => x; postMessage("x")'],
  },
  with: {
    refused: ['with (console) { log(1) }'],
    harmless: ['const o = { with: 1 }; return o.with', 'return [1].with(0, 2)'],
  },
  debugger: {
    refused: ['debugger', 'function f() { debugger }'],
    harmless: ['const o = { debugger: 1 }; return o.debugger'],
  },
  'endless-loop': {
    refused: [
      'while (true) {}',
      'for (;;) console.log(1)',
      'do {} while (1)',
      'while (!0) { switch (1) { case 1: break } }',
      'while (true) { for (;;) { break } }',
      'while (true) { const f = () => { return 1 }; f() }',
      'a: while (true) { b: for (;;) { break b } }',
    ],
    harmless: [
      'let i = 0; while (true) { if (++i > 3) break }',
      'while (true) { await Promise.resolve(); }',
      'function f() { while (true) { return 1 } } f()',
      'a: while (true) { while (true) { break a } }',
      'function* g() { while (true) yield 1 } g()',
      'while (true) { throw new Error("x") }',
      'for (let i = 0; i < 9; i++) {}',
      'let more = true; while (more) more = false',
    ],
  },
  decorator: { refused: ['const d = (x: any) => x; @d class A {}'], harmless: ['return "@d class A {}"'] },
  secret: {
    refused: [
      `const key = '${'sk-proj-'}${'a1B2'.repeat(10)}'`,
      `return \`Bearer ${'gh'}p_${'x'.repeat(36)}\``,
      `return '${'AK'}IAABCDEFGHIJKLMNOP'`,
      `return "-----BEGIN RSA ${'PRIVATE'} KEY-----"`,
      `return "postgres://admin:${'s3cretpw'}@db.internal/x"`,
      `return "${'xox'}b-123456789012-abcdefghijkl"`,
    ],
    harmless: [
      'return "sk-1234"',
      'const id = "order-AKIA-7"; return id',
      'return "https://shop.example/a?b=c@d"',
      'return "the private key is kept in the vault"',
      'return "0191c7b2-8f3a-7c52-9d1e-aa0b5c6d7e8f"',
      `return "${'a1b2c3d4'.repeat(8)}"`,
    ],
  },
  'huge-literal': {
    refused: [`return "${'x'.repeat(8_001)}"`, `return [${'1,'.repeat(501)}]`, `return \`${'x'.repeat(8_001)}\``],
    harmless: [`return "${'x'.repeat(4_000)}"`, 'return Array.from({ length: 1000 }, (_, i) => i)'],
  },
  'slow-regex': {
    refused: ['return /^(a+)+$/.test("a")', 'return /(?:[a-z]*)*x/.test("a")', 'return /(\\d+){2,}$/.test("1")'],
    harmless: ['return /^(a+)$/.test("a")', 'return /(\\d+-)?\\w+/.test("a")', 'return /([A-Z]{2})+/.test("AB")'],
  },
  'busy-wait': {
    refused: [
      'const t = Date.now(); while (Date.now() - t < 1000) {}',
      'const t = performance.now() + 9; while (performance.now() < t);',
    ],
    harmless: ['const t = Date.now(); while (Date.now() - t < 9) { await new Promise((r) => setTimeout(r, 5)) }'],
  },
  'floating-call': {
    refused: [
      "import { searchProducts } from 'servers/search'; searchProducts({})",
      "import * as s from 'servers/search'; s.searchProducts({})",
    ],
    harmless: [
      "import { searchProducts } from 'servers/search'; await searchProducts({})",
      "import { searchProducts } from 'servers/search'; const p = searchProducts({}); return await p",
      'const searchProducts = (x: object) => x; searchProducts({})',
    ],
  },
  'async-foreach': {
    refused: ['[1].forEach(async (x) => { await x })', '[1].forEach(async function (x) { await x })'],
    harmless: ['[1].forEach((x) => console.log(x))', 'await Promise.all([1].map(async (x) => x))'],
  },
};

describe('patterns', () => {
  it('has every kind in the table, and at least the 31 of the founding documents', () => {
    expect(Object.keys(CASES).sort()).toEqual(Object.keys(PATTERN_RULES).sort());
    expect(Object.keys(PATTERN_RULES).length).toBeGreaterThanOrEqual(31);
  });

  it.each(Object.entries(CASES).flatMap(([code, { refused }]) => refused.map((example) => [code, example])))(
    '%s refuses: %s',
    (code, example) => {
      expect(codesOf(example)).toContain(code);
    },
  );

  it.each(Object.entries(CASES).flatMap(([code, { harmless }]) => harmless.map((example) => [code, example])))(
    '%s lets pass: %s',
    (_code, example) => {
      expect(codesOf(example)).toEqual([]);
    },
  );

  it('says where, and what to do instead', () => {
    const [finding] = validate('const a = 1;\n  const x = eval("1");', catalog).findings;
    expect(finding).toMatchObject({
      stage: 'patterns',
      line: 2,
      column: 13,
      severity: 'error',
      hint: PATTERN_RULES.eval.hint,
    });
  });

  it('is not fooled by ambient declarations', () => {
    expect(codesOf('declare const process: any; process.exit()')).toEqual(['process']);
  });

  it('lets ordinary code pass whole', () => {
    const code = `
import { searchProducts } from 'servers/search';
const { results } = await searchProducts({ query: 'pumps', limit: 100 });
console.log('found', results.length);
return results.filter(r => (r.stock ?? 0) > 0).slice(0, 15);`;
    expect(validate(code, catalog)).toEqual({
      ok: true,
      findings: [],
      tools: [{ server: 'search', tool: 'searchProducts', line: 2, column: 10 }],
      estimatedCalls: 1,
    });
  });
});
