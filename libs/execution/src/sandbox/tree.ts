import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { DENO_ENV } from './deno-binary.ts';
import { findTool, SEARCH, type Files } from './tools.ts';

/** Shared libraries of the given programs: all that the sandbox's file tree holds besides them. */
function librariesOf(files: readonly string[]): string[] {
  const ldd = findTool('ldd', SEARCH);
  if (!ldd) return [];
  const { stdout } = spawnSync(ldd, [...files], { encoding: 'utf8', timeout: 5_000 });
  const found = [...(stdout ?? '').matchAll(/(?:=>\s*|^\s+)(\/\S+\.so\S*)/gm)].map(([, file]) => file ?? '');
  return [...new Set(found)].filter((file) => existsSync(file));
}

/**
 * For bubblewrap: a fresh tree with Deno, its bootstrap and their libraries, and nothing else: no /proc, no /sys, no
 * /etc, no /tmp. `helper` is one more program that is needed inside; `more` stands before the tree becomes read-only.
 */
export function readOnlyTree(files: Files, helper: string | null, more: readonly string[] = []): string[] {
  const binds: string[] = [];
  const folders = new Set<string>();
  for (const library of librariesOf(helper ? [files.deno, helper] : [files.deno])) {
    for (let at = path.dirname(library), chain: string[] = []; ; at = path.dirname(at)) {
      if (at === '/') {
        for (const folder of chain.reverse()) folders.add(folder);
        break;
      }
      chain.push(at);
    }
    binds.push('--ro-bind', realpathSync(library), library);
  }
  const made = [...folders, '/dev'].flatMap((folder) => ['--perms', '0755', '--dir', folder]);
  const devices = ['/dev/null', '/dev/urandom'].flatMap((device) => ['--dev-bind', device, device]);
  const programs = ['--ro-bind', realpathSync(files.deno), '/deno', '--ro-bind', files.boot, '/boot.js'];
  const env = Object.entries(DENO_ENV).flatMap(([name, value]) => ['--setenv', name, value]);
  return [
    ...[...made, ...binds, ...devices, ...programs, ...more],
    ...['--remount-ro', '/', '--chdir', '/', '--hostname', 'sandbox', '--clearenv', ...env],
  ];
}
