import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AppError } from '@switchyard/kernel';
import type { StdioCommand } from './target.ts';

/**
 * The wall around a program that speaks MCP over stdio. As root on Linux: an own uid for each connection (not nobody's:
 * that is the embedded database's), no new privileges, and a PID namespace, so that it and all that it started die with
 * us and can signal no other process. As another user: no new privileges and death with us; `separateUser` says which it is.
 */
export interface StdioWall {
  /** True when each connection runs as a user of its own. Otherwise a stdio program can read what this process can. */
  readonly separateUser: boolean;
  /** What to start for a command, and where. Makes the connection's home folder, which is kept: npx caches there. */
  prepare(key: string, command: StdioCommand, env: Readonly<Record<string, string>>): PreparedCommand;
  /** Removes the home folders of a connection that is gone: all whose key begins so. */
  forget(keyPrefix: string): void;
}

export interface PreparedCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Below systemd's and above people's; each connection's home folder remembers its uid by its owner. */
const FIRST_UID = 20_000;
const LAST_UID = 59_999;
const FIXED_VARIABLES = new Set(['HOME', 'PATH', 'TMPDIR', 'LD_PRELOAD', 'LD_LIBRARY_PATH']);

const folderOf = (key: string): string => key.replace(/[^A-Za-z0-9-]/g, '_');

const works = (file: string, args: readonly string[]): boolean =>
  spawnSync(file, args, { stdio: 'ignore', timeout: 5_000 }).status === 0;

const asUser = (uid: number): string[] => [
  '--reuid',
  `${uid}`,
  '--regid',
  `${uid}`,
  '--clear-groups',
  '--no-new-privs',
];

/** A folder that another user can pass through: below a home of mode 0700 that is none, and then it stands in /tmp. */
function reachable(wanted: string, separateUser: boolean): string {
  const root = path.resolve(wanted);
  fs.mkdirSync(root, { recursive: true, mode: 0o711 });
  if (!separateUser || works('setpriv', [...asUser(FIRST_UID), 'test', '-x', root])) return root;
  const name = `switchyard-stdio-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
  const substitute = path.join(os.tmpdir(), name);
  fs.mkdirSync(substitute, { recursive: true, mode: 0o711 });
  const found = fs.lstatSync(substitute);
  if (!found.isDirectory() || found.uid !== 0 || (found.mode & 0o022) !== 0)
    throw new AppError(
      'unavailable',
      `${substitute} belongs to somebody else: remove it, or choose another data folder.`,
    );
  return substitute;
}

/**
 * `stdioHome` holds one folder per connection; made when missing. `shared` are variables that the operator gives to every
 * program, such as `npm_config_registry`, `NODE_EXTRA_CA_CERTS` or a proxy: ours are not inherited. No secrets.
 */
export function createStdioWall(stdioHome: string, shared: Readonly<Record<string, string>> = {}): StdioWall {
  const isRoot = process.getuid?.() === 0;
  const hasSetpriv = works('setpriv', ['--no-new-privs', 'true']);
  const hasNamespace = isRoot && hasSetpriv && works('unshare', ['--pid', '--fork', '--kill-child=KILL', 'true']);
  const separateUser = isRoot && hasSetpriv;
  const root = reachable(stdioHome, separateUser);

  function usedUids(): Set<number> {
    const owners = fs.readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return new Set(owners.map((entry) => fs.statSync(path.join(root, entry.name)).uid));
  }

  function freeUid(): number {
    const used = usedUids();
    for (let uid = FIRST_UID; uid <= LAST_UID; uid++) if (!used.has(uid)) return uid;
    throw new AppError('unavailable', 'No user id is left for another stdio connection: remove one that is not used.');
  }

  function homeOf(key: string): { home: string; uid: number } {
    const home = path.join(root, folderOf(key));
    if (!fs.existsSync(home)) {
      const uid = separateUser ? freeUid() : (process.getuid?.() ?? 0);
      fs.mkdirSync(home, { mode: 0o700 });
      for (const folder of ['tmp', 'work']) fs.mkdirSync(path.join(home, folder), { mode: 0o700 });
      if (separateUser) for (const folder of ['tmp', 'work', '']) fs.chownSync(path.join(home, folder), uid, uid);
    }
    return { home, uid: fs.statSync(home).uid };
  }

  return {
    separateUser,
    prepare(key, command, env) {
      const { home, uid } = homeOf(key);
      const declared = Object.fromEntries(Object.entries(env).filter(([name]) => !FIXED_VARIABLES.has(name)));
      const inner = [
        'setpriv',
        ...(separateUser ? asUser(uid) : ['--no-new-privs']),
        '--pdeathsig',
        'KILL',
        '--',
        command.command,
        ...command.args,
      ];
      // The outer one dies with us; unshare's child is the namespace's first process, and takes all others with it.
      const namespace = [
        'setpriv',
        '--pdeathsig',
        'KILL',
        '--',
        'unshare',
        '--pid',
        '--fork',
        '--kill-child=KILL',
        '--',
      ];
      const [file = command.command, ...args] = [
        ...(hasNamespace ? namespace : []),
        ...(hasSetpriv ? inner : [command.command, ...command.args]),
      ];
      return {
        file,
        args,
        cwd: path.join(home, 'work'),
        env: {
          ...shared,
          ...declared,
          HOME: home,
          TMPDIR: path.join(home, 'tmp'),
          PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
        },
      };
    },
    forget(keyPrefix) {
      const prefix = folderOf(keyPrefix);
      for (const entry of fs.readdirSync(root).filter((name) => name.startsWith(prefix)))
        fs.rmSync(path.join(root, entry), { recursive: true, force: true });
    },
  };
}
