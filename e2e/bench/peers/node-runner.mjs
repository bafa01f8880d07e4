// Inside a Node process with --permission: one job as a line on stdin, calls and the result as lines on stdout.
import readline from 'node:readline';
const lines = readline.createInterface({ input: process.stdin });
const waiting = new Map();
let last = 0;
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const call = (args) =>
  new Promise((resolve) => {
    waiting.set(++last, resolve);
    say({ call: last, args });
  });
lines.on('line', async (line) => {
  const message = JSON.parse(line);
  if (message.reply) return waiting.get(message.reply)(message.value);
  const job = new Function('call', `return (async () => { ${message.code} })()`);
  process.stdout.write(`${JSON.stringify({ result: await job(call) })}\n`, () => process.exit(0));
});
