// Inside a cold Deno process: one job as a line on stdin, calls and the result as lines on stdout.
const waiting = new Map();
let last = 0;
const write = (value) => {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
};
const call = (args) =>
  new Promise((resolve) => {
    waiting.set(++last, resolve);
    write({ call: last, args });
  });
const decoder = new TextDecoder();
let text = '';
for await (const chunk of Deno.stdin.readable) {
  text += decoder.decode(chunk, { stream: true });
  const lines = text.split('\n');
  text = lines.pop();
  for (const line of lines) {
    const message = JSON.parse(line);
    if (message.reply) {
      waiting.get(message.reply)(message.value);
      continue;
    }
    const job = new Function('call', `return (async () => { ${message.code} })()`);
    job(call).then((result) => {
      write({ result });
      Deno.exit(0);
    });
  }
}
