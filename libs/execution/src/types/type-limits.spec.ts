import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, jest } from '@jest/globals';
import { createTypeChecker, type TypeChecker, type TypeCheckerOptions } from './type-checker.ts';
import { TypeServer, USER_FILE } from './type-server.ts';

jest.setTimeout(120_000);

/** Seconds of work for any compiler: permutations of nine, by a recursive conditional type. */
const BOMB = `type P<T, K = T> = [T] extends [never] ? [] : K extends K ? [K, ...P<Exclude<T, K>>] : never;
const p: P<'a'|'b'|'c'|'d'|'e'|'f'|'g'|'h'|'i'|'j'> = 1;`;
const SLIP = 'return nowhere';

let open: TypeChecker | undefined;
afterEach(() => open?.close());
const start = (options: TypeCheckerOptions): TypeChecker => (open = createTypeChecker(options));
const check = async (checker: TypeChecker, tenant: string, code: string): Promise<string[]> =>
  (await checker.check({ code, imports: () => undefined, tenant })).map((one) => `${one.severity} ${one.code}`);
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(10);
}
/** Warm, so that figures below are of checks and not of starts. */
async function warm(checker: TypeChecker, servers: number): Promise<void> {
  await until(() => checker.status().servers === servers && checker.status().busy === 0);
}

it('a type bomb is stopped, told as a warning, and the next check finds a compiler', async () => {
  const checker = start({ servers: 1, checkMs: 400, queueMs: 60_000 });
  await warm(checker, 1);
  expect(await check(checker, 'a', BOMB)).toEqual(['warning type-check-timeout']);
  let found: string[] = [];
  for (let round = 0; round < 10 && found[0] !== 'error TS2304'; round++)
    found = await check(checker, `b${round}`, SLIP);
  expect(found).toEqual(['error TS2304']);
});

it('a tenant whose checks are slow holds up its own alone', async () => {
  const checker = start({ servers: 2, checkMs: 20_000, queueMs: 60_000 });
  await warm(checker, 2);
  const bombs = Array.from({ length: 3 }, () => check(checker, 'slow', BOMB));
  await until(() => checker.status().busy === 1);
  for (let round = 0; round < 20; round++)
    expect(await check(checker, 'other', `${SLIP}${round}`)).toEqual(['error TS2304']);
  expect(checker.status()).toMatchObject({ busy: 1, waiting: 2 }); // the bombs burn still, on one compiler
  await checker.close();
  await Promise.all(bombs);
});

it('who is stopped again and again goes unchecked for a while, longer each time; others do not', async () => {
  let now = 0;
  const checker = start({ servers: 1, checkMs: 250, queueMs: 60_000, now: () => now });
  await warm(checker, 1);
  await check(checker, 'a', BOMB);
  await check(checker, 'a', BOMB);
  expect(await check(checker, 'a', SLIP)).toEqual(['warning type-check-skipped']);
  now += 4_000;
  expect(await check(checker, 'a', SLIP)).toEqual(['warning type-check-skipped']);
  now += 2_000;
  await check(checker, 'a', BOMB);
  now += 6_000;
  expect(await check(checker, 'a', SLIP)).toEqual(['warning type-check-skipped']);
  expect(await check(checker, 'b', SLIP)).not.toEqual(['warning type-check-skipped']);
});

it('waits for its turn no longer than it may, and no more wait than may', async () => {
  const checker = start({ servers: 1, checkMs: 10_000, queueMs: 150, queue: 1 });
  await warm(checker, 1);
  const burning = check(checker, 'a', BOMB);
  const waits = check(checker, 'b', SLIP);
  expect(await check(checker, 'c', SLIP)).toEqual(['warning type-check-skipped']);
  expect(await waits).toEqual(['warning type-check-skipped']);
  await checker.close();
  expect(await burning).toEqual([]);
});

it('many checks at once, of many tenants, each get the answer to their own code', async () => {
  const checker = start({ servers: 2, checkMs: 20_000, queueMs: 60_000 });
  const answers = await Promise.all(
    Array.from({ length: 120 }, (_one, index) =>
      checker.check({ code: `return name${index}`, imports: () => undefined, tenant: `t${index % 7}` }),
    ),
  );
  answers.forEach((findings, index) => expect(findings[0]?.message).toBe(`There is no 'name${index}' here.`));
});

it('reads no file of the machine, whatever the code names', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'types-'));
  writeFileSync(path.join(folder, 'real.ts'), "export type Secret = 'top secret';");
  const server = await TypeServer.start();
  try {
    const code = `/// <reference path="${folder}/real.ts" />
type A = import('${folder}/real').Secret; type B = import('../../${folder}/real.ts').Secret;
const a: A = 1; const b: B = 2; export {};`;
    const said = await server.check(new Map([[USER_FILE, code]]));
    expect(said?.filter((one) => one.code === 2307)).toHaveLength(2);
    expect(JSON.stringify(said)).not.toContain('top secret');
  } finally {
    server.kill();
    await server.gone;
    rmSync(folder, { recursive: true });
  }
});
