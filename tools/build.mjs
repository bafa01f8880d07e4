// Builds what has changed since the last build: the Prisma client, the TypeScript projects, the console.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const TSC = 'node_modules/ts7/bin/tsc';
const quiet = { CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1', PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' };

/** Runs a Node program; what it prints is shown only when it fails. */
export function step(args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
      env: { ...process.env, ...quiet, ...options.env },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${args.join(' ')} failed\n${output}`)),
    );
  });
}

/** A fingerprint of source files by path, size and time of change: reads no contents. */
function fingerprint(...places) {
  const hash = createHash('sha256');
  const skip = new Set(['node_modules', 'dist', 'generated', 'gql']);
  const walk = (place) => {
    const found = fs.statSync(place);
    if (found.isFile()) return hash.update(`${place}:${found.size}:${found.mtimeMs}\n`);
    for (const name of fs.readdirSync(place).sort()) if (!skip.has(name)) walk(path.join(place, name));
  };
  for (const place of places) if (fs.existsSync(place)) walk(place);
  return hash.digest('hex');
}

async function whenChanged(name, product, places, work) {
  const stamp = `.tmp/${name}.built`;
  const now = fingerprint('package-lock.json', ...places);
  if (fs.existsSync(product) && fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === now) return false;
  await work();
  fs.writeFileSync(stamp, now);
  return true;
}

const places = (folder, without) =>
  fs
    .readdirSync(folder)
    .filter((name) => name !== without)
    .map((name) => `${folder}/${name}`);

export async function build({ log, console: withConsole }) {
  const generated = 'libs/database/src/generated/client.ts';
  await whenChanged('prisma', generated, ['prisma/models', 'prisma/schema.prisma'], async () => {
    await step(['node_modules/prisma/build/index.js', 'generate']);
    log('generated the database client');
  });
  const sources = [...places('libs'), ...places('apps', 'console'), 'tsconfig.base.json', 'tsconfig.json'];
  await whenChanged('typescript', 'apps/cli/dist/main.js', sources, async () => {
    await step([TSC, '-b']);
    log('compiled');
  });
  if (!withConsole) return;
  await whenChanged('console', 'apps/console/dist/index.html', ['apps/console'], async () => {
    const cwd = 'apps/console';
    const bin = (name) =>
      path.resolve(fs.existsSync(`${cwd}/node_modules/${name}`) ? `${cwd}/node_modules` : 'node_modules', name);
    await step([bin('@graphql-codegen/cli/cjs/bin.js'), '--config', 'codegen.ts'], { cwd });
    await step([bin('vite/bin/vite.js'), 'build', '--logLevel', 'warn'], { cwd });
    log('built the console');
  });
}
