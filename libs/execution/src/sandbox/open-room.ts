import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { Exit, Launch, Spawned } from './launch.ts';
import { childrenByInnerPid, leafOf } from './proc.ts';
import { killGroup } from './spawn-command.ts';
import type { UserIds } from './user-ids.ts';

const READY_TIMEOUT_MS = 10_000;
const DIAL_TIMEOUT_MS = 10_000;
/** A room that does not collect a killed sandbox within this is torn down, with all that is in it. */
const KILL_TIMEOUT_MS = 5_000;
const STDERR_KEPT = 4_096;
const HEAD_CAP = 64;
/** Of one user: a Deno has about ten threads, and may start nothing else. */
const THREADS = 128;
const FILES = 256;

type Pending = {
  readonly uid: number;
  readonly exit: { resolve(status: { code: number | null; signal: NodeJS.Signals | null }): void };
  output?: Socket;
  errors?: Socket;
  innerPid: number;
  stderr: string;
  dialled(): void;
};

/** Where the sandboxes of a room connect to before they become sandboxes, and the command that makes the room. */
export type RoomCommand = {
  readonly socketPath: string;
  readonly command: string;
  readonly args: readonly string[];
};

/** A room that stands: bubblewrap, and in it the one process that starts sandboxes (room/room.pl). */
export class OpenRoom {
  /** Resolves with what was said last, once the room and all that was in it have gone. */
  readonly gone: Promise<string>;
  readonly socketPath: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #server: Server;
  readonly #users: UserIds;
  readonly #pending = new Map<number, Pending>();
  readonly #hostPids = new Map<number, number>();
  #keeper = 0;
  #next = 0;
  #said = '';
  #isGone = false;

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, Readable>,
    server: Server,
    socketPath: string,
    users: UserIds,
  ) {
    this.#child = child;
    this.socketPath = socketPath;
    this.#server = server;
    this.#users = users;
    server.on('connection', (socket) => this.#onConnection(socket));
    child.stdin.on('error', () => undefined); // it died; `gone` tells
    child.stderr.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-STDERR_KEPT)));
    this.gone = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(this.#said.trim() || `it ended with ${signal ?? code}`));
    });
    void this.gone.then(() => this.#onGone());
  }

  /** Throws when the room does not come to stand. */
  static async open({ socketPath, command, args }: RoomCommand, users: UserIds): Promise<OpenRoom> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve));
    const child = spawn(command, [...args], { cwd: '/', env: {}, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const room = new OpenRoom(child, server, socketPath, users);
    const lines = room.#lines();
    const timer = setTimeout(() => killGroup(child), READY_TIMEOUT_MS);
    const first = await Promise.race([lines, room.gone]);
    clearTimeout(timer);
    if (first !== 'ready') throw new Error(`The room did not come to stand: ${await room.gone}`);
    room.#keeper = leafOf(child.pid ?? 0);
    return room;
  }

  get alive(): boolean {
    return !this.#isGone;
  }

  /** The processes of the room itself, as this machine numbers them; for tests. */
  get keeperPid(): number {
    return this.#keeper;
  }

  async start(launch: Launch): Promise<Spawned> {
    if (this.#isGone || !launch.limits) throw new Error('the room has gone');
    const uid = this.#users.lend();
    const id = ++this.#next;
    let settle: Pending['exit']['resolve'] = () => undefined;
    const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => (settle = resolve));
    const pending: Pending = {
      uid,
      exit: { resolve: settle },
      innerPid: 0,
      stderr: '',
      dialled: () => undefined,
    };
    this.#pending.set(id, pending);
    const dialled = new Promise<void>((resolve) => (pending.dialled = resolve));
    const { dataBytes, cpuSeconds } = launch.limits;
    const args = [launch.command, ...launch.args].join('\x1f');
    this.#child.stdin.write(`run ${id} ${uid} ${dataBytes} ${cpuSeconds} ${FILES} ${THREADS} 0 ${args}\n`);
    const timer = setTimeout(() => this.#kill(id), DIAL_TIMEOUT_MS);
    const gone = this.#endOf(id, pending, exited);
    const early = await Promise.race([dialled, gone]);
    clearTimeout(timer);
    const { output } = pending;
    if (early || !output) throw new Error(`The sandbox did not start: ${(await gone).stderr || 'it ended at once'}`);
    let pid = 0;
    return {
      input: output,
      output,
      gone,
      pid: () => (pid ||= this.#hostPid(pending.innerPid)),
      kill: () => this.#kill(id),
    };
  }

  /** Ends all that is in it. Its process namespace goes with its first process. */
  async close(): Promise<void> {
    killGroup(this.#child);
    await this.gone;
  }

  async #endOf(
    id: number,
    pending: Pending,
    exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>,
  ): Promise<Exit> {
    const status = await exited;
    // The result may still be in the pipe.
    await Promise.all([closed(pending.output), closed(pending.errors)]);
    this.#pending.delete(id);
    this.#hostPids.delete(pending.innerPid);
    this.#users.giveBack(pending.uid);
    return { ...status, stderr: pending.stderr };
  }

  #kill(id: number): void {
    if (!this.#pending.has(id) || this.#isGone) return;
    this.#child.stdin.write(`kill ${id}\n`);
    setTimeout(() => {
      if (this.#pending.has(id)) void this.close();
    }, KILL_TIMEOUT_MS).unref();
  }

  #onConnection(socket: Socket): void {
    socket.on('error', () => undefined); // `close` follows
    let head = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(10);
      if (end < 0 && head.length < HEAD_CAP) return;
      socket.off('data', onData);
      socket.pause();
      const [kind = '', id = ''] = head.toString('latin1', 0, Math.max(0, end)).split(' ');
      const pending = this.#pending.get(Number(id));
      if (!pending || (kind !== 'o' && kind !== 'e')) return void socket.destroy();
      if (end + 1 < head.length) socket.unshift(head.subarray(end + 1));
      if (kind === 'e') {
        pending.errors = socket;
        socket.on('data', (text: Buffer) => {
          if (pending.stderr.length < STDERR_KEPT)
            pending.stderr = (pending.stderr + text.toString('latin1')).slice(0, STDERR_KEPT);
        });
        socket.resume();
      } else {
        pending.output = socket;
        pending.dialled();
      }
    };
    socket.on('data', onData);
  }

  /** Resolves with the first line; the others are acted on as they come. */
  #lines(): Promise<string> {
    return new Promise((resolve) => {
      let text = '';
      this.#child.stdout.on('data', (chunk: Buffer) => {
        const lines = (text + chunk.toString('latin1')).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          if (line === 'ready') resolve(line);
          else this.#onLine(line.split(' '));
        }
      });
    });
  }

  #onLine([what, id, ...rest]: readonly string[]): void {
    const pending = this.#pending.get(Number(id));
    if (!pending) return;
    if (what === 'pid') pending.innerPid = Number(rest[0]);
    if (what === 'exit') pending.exit.resolve(statusOf(Number(rest[0])));
  }

  #hostPid(innerPid: number): number {
    if (!this.#hostPids.has(innerPid))
      for (const [inner, host] of childrenByInnerPid(this.#keeper, new Set(this.#hostPids.values())))
        this.#hostPids.set(inner, host);
    return this.#hostPids.get(innerPid) ?? 0;
  }

  #onGone(): void {
    this.#isGone = true;
    this.#server.close();
    for (const pending of this.#pending.values()) pending.exit.resolve({ code: null, signal: 'SIGKILL' });
  }
}

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]));

/** What wait(2) says: a signal in the low bits, or a code above them. */
const statusOf = (status: number): { code: number | null; signal: NodeJS.Signals | null } =>
  (status & 0x7f) === 0
    ? { code: (status >> 8) & 0xff, signal: null }
    : { code: null, signal: SIGNALS.get(status & 0x7f) ?? 'SIGKILL' };

async function closed(socket: Socket | undefined): Promise<void> {
  if (!socket || socket.closed) return;
  socket.resume();
  // Not events.once: that rejects at an error, and a write to a sandbox that has gone is one.
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
}
