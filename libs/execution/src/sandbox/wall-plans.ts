import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { DENO_ENV } from './deno-binary.ts';
import type { LayerName } from './launch.ts';

const NOBODY = '65534';

/** The system's wrappers that were found. */
export type Tools = Readonly<Record<'prlimit' | 'setpriv' | 'unshare' | 'bwrap' | 'sh', string | null>>;
export type Files = { readonly deno: string; readonly boot: string };
/** One way to build a wall: the command in front of Deno, and what it gives. */
export type Plan = {
  readonly layers: Partial<Record<LayerName, string>>;
  prefix(files: Files): string[];
  inside(files: Files): Files;
};

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

/** Shared libraries of the given programs: all that the sandbox's file tree holds besides them. */
function librariesOf(files: readonly string[]): string[] {
  const ldd = findTool('ldd', SEARCH);
  if (!ldd) return [];
  const { stdout } = spawnSync(ldd, [...files], { encoding: 'utf8', timeout: 5_000 });
  const found = [...(stdout ?? '').matchAll(/(?:=>\s*|^\s+)(\/\S+\.so\S*)/gm)].map(([, file]) => file ?? '');
  return [...new Set(found)].filter((file) => existsSync(file));
}

function bubblewrapArgs(files: Files, setpriv: string | null): string[] {
  const binds: string[] = [];
  const folders = new Set<string>();
  for (const library of librariesOf(setpriv ? [files.deno, setpriv] : [files.deno])) {
    for (let at = path.dirname(library), chain: string[] = []; ; at = path.dirname(at)) {
      if (at === '/') {
        for (const folder of chain.reverse()) folders.add(folder);
        break;
      }
      chain.push(at);
    }
    binds.push('--ro-bind', realpathSync(library), library);
  }
  // The tree is a fresh tmpfs with nothing but these, made read-only. No /proc, no /sys, no /etc, no /tmp.
  const made = [...folders, '/dev'].flatMap((folder) => ['--perms', '0755', '--dir', folder]);
  const devices = ['/dev/null', '/dev/urandom'].flatMap((device) => ['--dev-bind', device, device]);
  const programs = ['--ro-bind', realpathSync(files.deno), '/deno', '--ro-bind', files.boot, '/boot.js'];
  if (setpriv) programs.push('--ro-bind', realpathSync(setpriv), '/setpriv');
  const env = Object.entries(DENO_ENV).flatMap(([name, value]) => ['--setenv', name, value]);
  return [
    ...made,
    ...binds,
    ...devices,
    ...programs,
    '--remount-ro',
    '/',
    '--chdir',
    '/',
    '--hostname',
    'sandbox',
    '--clearenv',
    ...env,
  ];
}

const dropPrivileges = (setpriv: string): string[] => [
  setpriv,
  ...[
    '--reuid',
    NOBODY,
    '--regid',
    NOBODY,
    '--clear-groups',
    '--no-new-privs',
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--pdeathsig',
    'KILL',
  ],
];

/** What this machine may be able to do, strongest first. Each is tried before it is believed. */
export function plans(tools: Tools, isRoot: boolean): Plan[] {
  const { setpriv, unshare, bwrap } = tools;
  const found: Plan[] = [];
  const asIs = (files: Files) => files;
  const inRoot = () => ({ deno: '/deno', boot: '/boot.js' });
  const dies = setpriv ? [setpriv, '--pdeathsig', 'KILL'] : [];
  const namespaces = 'network, ipc, hostname and process ids of its own';
  const nobody = `user ${NOBODY}, no capabilities`;
  if (bwrap && isRoot && setpriv)
    found.push({
      layers: {
        namespaces: `bubblewrap: ${namespaces}`,
        filesystem: 'read-only: Deno, its libraries, one bootstrap file',
        'own-user': nobody,
        'no-new-privileges': 'setpriv',
        'dies-with-executor': 'parent-death signal and process namespace',
      },
      inside: inRoot,
      // Not --as-pid-1: the kernel forgets the parent-death signal when setpriv changes the user, and a loop would live on.
      // So bubblewrap's own init stays between, whose death ends the whole process namespace.
      prefix: (files) => [
        ...[
          ...dies,
          bwrap,
          '--unshare-ipc',
          '--unshare-net',
          '--unshare-pid',
          '--unshare-uts',
          '--unshare-cgroup-try',
          '--die-with-parent',
        ],
        ...[
          '--new-session',
          '--cap-drop',
          'ALL',
          '--cap-add',
          'CAP_SETUID',
          '--cap-add',
          'CAP_SETGID',
          '--cap-add',
          'CAP_SETPCAP',
        ],
        ...[...bubblewrapArgs(files, setpriv), '--', ...dropPrivileges('/setpriv')],
      ],
    });
  if (bwrap && !isRoot)
    found.push({
      layers: {
        namespaces: `bubblewrap: users, ${namespaces}`,
        filesystem: 'read-only: Deno, its libraries, one bootstrap file',
        'no-new-privileges': 'bubblewrap',
        'dies-with-executor': 'parent-death signal and process namespace',
      },
      inside: inRoot,
      prefix: (files) => [
        ...[...dies, bwrap, '--unshare-all', '--uid', NOBODY, '--gid', NOBODY, '--die-with-parent', '--new-session'],
        ...[...bubblewrapArgs(files, null), '--'],
      ],
    });
  if (unshare && setpriv)
    found.push({
      layers: {
        namespaces: `unshare: ${namespaces}`,
        ...(isRoot ? { 'own-user': nobody } : {}),
        'no-new-privileges': 'setpriv',
        'dies-with-executor': 'parent-death signal and process namespace',
      },
      inside: asIs,
      prefix: () => [
        ...[
          ...dies,
          unshare,
          ...(isRoot ? [] : ['--user']),
          '--net',
          '--ipc',
          '--uts',
          '--mount',
          '--pid',
          '--fork',
          '--kill-child=KILL',
          '--',
        ],
        ...(isRoot ? dropPrivileges(setpriv) : [setpriv, '--no-new-privs']),
      ],
    });
  if (setpriv)
    found.push({
      layers: {
        ...(isRoot ? { 'own-user': nobody } : {}),
        'no-new-privileges': 'setpriv',
        'dies-with-executor': 'parent-death signal',
      },
      inside: asIs,
      prefix: () => (isRoot ? dropPrivileges(setpriv) : [setpriv, '--no-new-privs', '--pdeathsig', 'KILL']),
    });
  found.push({ layers: {}, inside: asIs, prefix: () => [] });
  return found;
}
