// `npm test`: every check there is, one after the other, and at the end one line of counts.
// What wants a system package (Chromium for the browser scenarios, OPA to prove the compiled policy) runs where that is
// found; where not it is said loudly, and with CI=true it is a failure.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { step } from './build.mjs';

const ci = process.env.CI === 'true';
const only = process.argv.slice(2);
const startedAt = performance.now();
const say = (text) => process.stderr.write(`[${((performance.now() - startedAt) / 1000).toFixed(1)} s] ${text}\n`);
const leftOut = [];

const CHROMIUM = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((file) => file && fs.existsSync(file));
if (CHROMIUM) process.env.CHROMIUM = CHROMIUM;
else leftOut.push('the browser scenarios: no Chromium found. `apt-get install chromium`, or set CHROMIUM to its path.');

/** Runs a program and passes its output on; answers its exit code. */
const run = (args, env = {}) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });

const failures = [];
async function check(name, work) {
  try {
    await work();
    say(`ok    ${name}`);
  } catch (error) {
    failures.push(name);
    say(`FAIL  ${name}\n${error.message}`);
  }
}

if (only.length === 0) {
  await check('formatting', () =>
    step(['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']),
  );
  await check('lint and boundaries', () => step(['tools/lint.mjs']));
  await check('types of the specs', () => step(['node_modules/ts7/bin/tsc', '-p', 'tsconfig.specs.json']));
  await check('types of the console', () => step(['node_modules/ts7/bin/tsc', '-p', 'apps/console', '--noEmit']));
  await check('unused code', () => step(['node_modules/knip/bin/knip.js', '--no-progress']));
  await check('schema drift', () => step(['tools/migration.mjs', 'drift']));
  await check('policies', async () => {
    const output = await step(['tools/policies.mjs', 'check']);
    if (output.includes('LEFT OUT')) leftOut.push(output.trim());
  });
}

fs.rmSync('.tmp/jest.json', { force: true });
const jestArgs = ['node_modules/jest/bin/jest.js', '--json', '--outputFile=.tmp/jest.json', '--maxWorkers=2', ...only];
const code = await run(jestArgs, { NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning' });
const counts = fs.existsSync('.tmp/jest.json') ? JSON.parse(fs.readFileSync('.tmp/jest.json', 'utf8')) : undefined;
if (code !== 0) failures.push('specs');

const secondTry = (counts?.testResults ?? [])
  .flatMap((file) => file.assertionResults)
  .filter((one) => one.status === 'passed' && one.invocations > 1);
for (const { fullName } of secondTry) say(`SECOND TRY: ${fullName}`);
for (const text of leftOut) say(`LEFT OUT: ${text}`);
if (ci && leftOut.length > 0) failures.push('something was left out, and CI=true');
if (failures.length > 0) say(`failed: ${failures.join(', ')}`);
const skipped = counts?.numPendingTests ?? 0;
process.stdout.write(
  `Tests: ${counts?.numPassedTests ?? 0} passed, ${counts?.numFailedTests ?? 0} failed${skipped ? `, ${skipped} skipped` : ''}\n`,
);
process.exit(failures.length > 0 ? 1 : 0);
