// The way in for every npm script. Starts on whatever Node there is (20.19 or newer) with built-ins only, installs
// when the lock file has changed, goes on under the pinned Node, builds what has changed, then does the work.
// Progress goes to stderr: stdout belongs to the command.
import { createHash } from 'node:crypto';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const [command = 'start', ...args] = process.argv.slice(2);
const startedAt = performance.now();
const log = (text) => process.stderr.write(`[${((performance.now() - startedAt) / 1000).toFixed(1)} s] ${text}\n`);

process.env.SWITCHYARD_CWD ??= process.cwd(); // files named on the command line are the caller's
process.chdir(root);
fs.mkdirSync('.tmp', { recursive: true });

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** One launcher at a time installs or builds in a checkout; a lock whose holder is dead is taken over. */
async function underLock(work) {
  const lock = '.tmp/launcher.lock';
  for (let waited = false; ; waited = true) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const holder = Number(fs.readFileSync(lock, { encoding: 'utf8', flag: 'a+' }));
      if (!isAlive(holder)) fs.rmSync(lock, { force: true });
      else if (!waited) log(`waiting for process ${holder}, which installs or builds here`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    return await work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function install() {
  const stamp = 'node_modules/.installed';
  const hash = createHash('sha256')
    .update(fs.readFileSync('package-lock.json'))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === hash) return;
  log('installing packages (about a minute, once)');
  const env = { ...process.env }; // the outer `npm run` must not leak its own settings into the inner npm
  for (const name of Object.keys(env))
    if (/^npm_(command|lifecycle|package|execpath)/.test(name) || name === 'npm_config_global') delete env[name];
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 2, 2],
    env,
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    log('npm ci failed: its words stand above. A half-made node_modules is harmless; run the command again.');
    process.exit(npm.status ?? 1);
  }
  fs.writeFileSync(stamp, hash);
}

const pinnedNode = () => {
  const file = path.join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (fs.existsSync(file)) return file;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  log(
    `Switchyard runs on Node 24, which npm has for Linux alone. Here is ${process.version}: install Node 24 or newer.`,
  );
  return process.exit(1);
};

/** npm does not pass SIGTERM on, and nothing passes SIGKILL on: so watch for the parent's death. */
function onOrphaned(act) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && act(), 500).unref();
}

function continueUnderPinnedNode(node) {
  const flags = ['--disable-warning=ExperimentalWarning'];
  const child = spawn(node, [...flags, fileURLToPath(import.meta.url), command, ...args], {
    stdio: 'inherit',
    env: { ...process.env, SWITCHYARD_LAUNCHED: '1', PATH: path.dirname(node) + path.delimiter + process.env.PATH },
  });
  process.on('SIGINT', () => undefined); // the terminal sends it to the child as well
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  onOrphaned(() => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

if (!process.env.SWITCHYARD_LAUNCHED) {
  await underLock(async () => install());
  continueUnderPinnedNode(pinnedNode());
} else {
  const { build } = await import('./build.mjs');
  const needsConsole = command !== 'switchyard';
  if (command !== 'format') await underLock(() => build({ log, console: needsConsole }));
  process.argv = [process.argv[0], process.argv[1], ...args];
  if (command === 'start') {
    process.argv.splice(2, 0, 'up');
    onOrphaned(() => process.kill(process.pid, 'SIGTERM'));
    await import('../apps/cli/dist/main.js');
  } else if (command === 'switchyard') await import('../apps/cli/dist/main.js');
  else if (command === 'build') log('built');
  else if (command === 'test') await import('./test.mjs');
  else if (command === 'lint') await import('./lint.mjs');
  else if (command === 'migration') await import('./migration.mjs');
  else if (command === 'format') {
    const prettier = spawnSync(process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--write', '.'], {
      stdio: 'inherit',
    });
    process.exit(prettier.status ?? 1);
  } else if (command === 'bench') await import('../e2e/bench/bench.ts');
  else {
    log(`unknown command ${command}`);
    process.exit(1);
  }
}
