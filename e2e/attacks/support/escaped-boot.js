// What a sandbox is once code has got out of it: the same process behind the same wall, with the whole of Deno and, by
// way of its foreign functions, of the system's C library at its command. Speaks the frames of libs/execution/deno/boot.js.
const { core } = Deno[Deno.internal];

const send = (type, value) => {
  const body = new TextEncoder().encode(JSON.stringify(value) ?? 'null');
  const frame = new Uint8Array(5 + body.length);
  new DataView(frame.buffer).setUint32(0, body.length + 1, true);
  frame[4] = type.charCodeAt(0);
  frame.set(body, 5);
  for (let sent = 0; sent < frame.length;) sent += Deno.stdout.writeSync(frame.subarray(sent));
};

const raw = (bytes) => Deno.stdout.writeSync(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);

let buffered = new Uint8Array(0);
const next = async () => {
  for (;;) {
    const need =
      buffered.length < 4 ? Infinity : 4 + new DataView(buffered.buffer, buffered.byteOffset).getUint32(0, true);
    if (buffered.length >= need) {
      const frame = buffered.slice(4, need);
      buffered = buffered.slice(need);
      return { type: String.fromCharCode(frame[0]), body: frame.subarray(1) };
    }
    const chunk = new Uint8Array(65_536);
    const count = await Deno.stdin.read(chunk);
    if (count === null) Deno.exit(0);
    const all = new Uint8Array(buffered.length + count);
    all.set(buffered);
    all.set(chunk.subarray(0, count), buffered.length);
    buffered = all;
  }
};

const KINDS = { number: 'i64', bigint: 'i64', string: 'buffer', object: 'buffer' };
/** Calls a function of the C library; throws with its errno when it gives -1. */
const c = (name, ...args) => {
  const parameters = args.map((arg) => KINDS[typeof arg]);
  const { symbols } = Deno.dlopen('libc.so.6', {
    [name]: { parameters, result: 'i64' },
    __errno_location: { parameters: [], result: 'pointer' },
  });
  const text = (arg) => (typeof arg === 'string' ? new TextEncoder().encode(`${arg}\0`) : arg);
  // 32-bit results come with noise above them.
  const result = Number(
    BigInt.asIntN(32, BigInt(symbols[name](...args.map((arg) => (typeof arg === 'number' ? BigInt(arg) : text(arg)))))),
  );
  if (result === -1)
    throw new Error(`${name}: errno ${new Deno.UnsafePointerView(symbols.__errno_location()).getInt32()}`);
  return result;
};

send('R', { deno: Deno.version.deno });
const { script } = JSON.parse(new TextDecoder().decode((await next()).body));
const [main, error] = core.evalContext(script, 'file:///user.ts');
if (error) throw error.thrown;
const value = await main({ c, send, raw, next });
if (value !== undefined) send('D', value);
