import { realpathSync } from 'node:fs';
import type { LayerName } from './launch.ts';
import { roomCommand } from './room-plan.ts';
import type { RoomPlan } from './room.ts';
import { systemCallFilter } from './system-calls.ts';
import type { Files, Tools } from './tools.ts';
import { readOnlyTree } from './tree.ts';
import type { IdRange } from './user-ids.ts';

const NOBODY = '65534';

/** One way to build a wall: the command in front of Deno, and what it gives. */
export type Plan = {
  readonly layers: Partial<Record<LayerName, string>>;
  prefix(files: Files): string[];
  inside(files: Files): Files;
  /** Where sandboxes are not started one by one behind `prefix`, but in one room: the room, and whose users they are. */
  readonly room?: { plan(files: Files): RoomPlan; readonly users: IdRange };
};

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
export function plans(tools: Tools, isRoot: boolean, users: IdRange | null): Plan[] {
  const { setpriv, unshare, bwrap, perl } = tools;
  const found: Plan[] = [];
  const asIs = (files: Files) => files;
  const inRoot = () => ({ deno: '/deno', boot: '/boot.js' });
  const dies = setpriv ? [setpriv, '--pdeathsig', 'KILL'] : [];
  const namespaces = 'network, ipc, hostname and process ids of its own';
  const nobody = `user ${NOBODY}, no capabilities`;
  const filter = systemCallFilter();
  if (bwrap && perl && isRoot && users && filter)
    found.push({
      layers: {
        namespaces: `one bubblewrap room for all: network, ipc, hostname; each sandbox: process ids of its own, no socket`,
        filesystem: 'read-only: Deno, its libraries, one bootstrap file',
        'own-user': `one for each sandbox, from ${users.first} on; no capabilities`,
        'no-new-privileges': 'prctl',
        'system-calls': 'seccomp: what Deno needs without permissions; no socket, process, signal, ptrace, mount',
        'dies-with-executor': 'parent-death signal and process namespaces',
      },
      inside: inRoot,
      prefix: () => [],
      room: { users, plan: (files) => roomCommand({ bwrap, perl, filter, dies }, files) },
    });
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
        ...[
          ...readOnlyTree(files, setpriv, ['--ro-bind', realpathSync(setpriv), '/setpriv']),
          '--',
          ...dropPrivileges('/setpriv'),
        ],
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
        ...[...readOnlyTree(files, null), '--'],
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
