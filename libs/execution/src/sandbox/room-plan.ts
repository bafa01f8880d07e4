import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ROOM_SOCKET, type RoomPlan } from './room.ts';
import type { Files } from './tools.ts';
import { readOnlyTree } from './tree.ts';

/** What starts sandboxes inside the room: plain Perl beside `src` and `dist`, found from either. */
const KEEPER_FILE = fileURLToPath(new URL('../../room/room.pl', import.meta.url));

/** Only root may pass through it, so no sandbox sees what is in there. */
const KEEPER_FOLDER = '/room';

type Means = {
  readonly bwrap: string;
  readonly perl: string;
  readonly filter: Buffer;
  /** In front of bubblewrap, so that it dies with the executor. */
  readonly dies: readonly string[];
};

/** What the first process may do: become others, start process namespaces, and end what it started. */
const CAPABILITIES = ['SETUID', 'SETGID', 'SETPCAP', 'SYS_ADMIN', 'KILL'];

/**
 * One room for all sandboxes of an executor. Its tree is that of a sandbox with a room of its own, and a folder more,
 * which only root may enter: the interpreter, its script, and the folder of the socket that a process dials before it
 * becomes a sandbox.
 */
export function roomCommand({ bwrap, perl, filter, dies }: Means, files: Files): RoomPlan {
  const namespaces = ['--unshare-ipc', '--unshare-net', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'];
  const capabilities = CAPABILITIES.flatMap((name) => ['--cap-add', `CAP_${name}`]);
  return (socketFolder) => {
    const keeper = [
      ...['--perms', '0700', '--dir', KEEPER_FOLDER],
      ...['--ro-bind', realpathSync(perl), `${KEEPER_FOLDER}/perl`],
      ...['--ro-bind', KEEPER_FILE, `${KEEPER_FOLDER}/room.pl`],
      ...['--ro-bind', socketFolder, `${KEEPER_FOLDER}/socket`],
    ];
    const [command = bwrap, ...args] = [
      ...[...dies, bwrap, ...namespaces, '--die-with-parent', '--new-session', '--cap-drop', 'ALL', ...capabilities],
      ...[...readOnlyTree(files, perl, keeper), '--', `${KEEPER_FOLDER}/perl`, `${KEEPER_FOLDER}/room.pl`],
      ...[`${KEEPER_FOLDER}/socket/${ROOM_SOCKET}`, process.arch, filter.toString('hex')],
    ];
    return { command, args };
  };
}
