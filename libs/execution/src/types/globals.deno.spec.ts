import { expect, it, jest } from '@jest/globals';
import { LocalExecutor } from '../executor/local-executor.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { createTypeChecker } from './type-checker.ts';

jest.setTimeout(60_000);

it('every global that a sandbox has is known to the type-check, and what it took away is not', async () => {
  const executor = await LocalExecutor.start({ pool: { size: 1 }, wall: { searchPath: [] } });
  const checker = createTypeChecker({ servers: 1, checkMs: 30_000, queueMs: 60_000 });
  try {
    const script = '(async function(m,r){return Object.getOwnPropertyNames(globalThis)})';
    const outcome = await executor.run(
      { runId: 'x', program: { script, modules: {}, lineMap: null }, limits: DEFAULT_LIMITS },
      { invoke: async () => ({ ok: true, json: 'null' }), log: () => undefined, signal: new AbortController().signal },
    );
    if (outcome.status !== 'done') throw new Error(JSON.stringify(outcome));
    const names = JSON.parse(outcome.json) as string[];
    expect(names).toEqual(expect.arrayContaining(['URL', 'crypto', 'workspace', 'Temporal']));
    const check = (list: readonly string[]) =>
      checker.check({ code: list.map((name) => `void ${name};`).join('\n'), imports: () => undefined, tenant: 'a' });
    expect(await check(names)).toEqual([]);
    const gone =
      'fetch process Deno Buffer WebSocket XMLHttpRequest Worker document window localStorage require navigator';
    expect((await check(gone.split(' '))).map(({ message }) => message)).toEqual(
      gone.split(' ').map((name) => `There is no '${name}' here.`),
    );
  } finally {
    await Promise.all([executor.close(), checker.close()]);
  }
});
