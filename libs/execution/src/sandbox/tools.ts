import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** The system's wrappers that were found. */
export type Tools = Readonly<Record<'prlimit' | 'setpriv' | 'unshare' | 'bwrap' | 'sh' | 'perl', string | null>>;
export type Files = { readonly deno: string; readonly boot: string };
export const SEARCH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export function findTool(name: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not here
    }
  }
  return null;
}

export const findTools = (folders: readonly string[]): Tools => ({
  prlimit: findTool('prlimit', folders),
  setpriv: findTool('setpriv', folders),
  unshare: findTool('unshare', folders),
  bwrap: findTool('bwrap', folders),
  sh: findTool('sh', folders),
  perl: findTool('perl', folders),
});
