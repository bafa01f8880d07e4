// A process that holds a sandbox in an endless loop, for whoever wants to kill it. usage: loop-host.ts [folder of tools]
import { LocalExecutor } from '@switchyard/execution';

const [folder] = process.argv.slice(2);
const executor = await LocalExecutor.start({
  pool: { size: 1 },
  wall: folder === undefined ? {} : { searchPath: [folder] },
});
void executor.run(
  {
    runId: 'loop',
    program: { script: "(async function (m) { await m.call('a', 'b')({}); for (;;) {} })", modules: {}, lineMap: null },
    limits: {
      ownTimeMs: 60_000,
      totalMs: 60_000,
      memoryBytes: 512 * 1024 * 1024,
      calls: 1,
      logBytes: 0,
      resultBytes: 1,
    },
  },
  {
    invoke: async () => {
      setTimeout(() => process.stdout.write('looping\n'), 200);
      return { ok: true, json: '1' };
    },
    log: () => undefined,
    signal: new AbortController().signal,
  },
);
