import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Launch, Spawned } from './launch.ts';
import { OpenRoom } from './open-room.ts';
import type { UserIds } from './user-ids.ts';

const PREFIX = 'switchyard-room-';

/** What makes a room: the command, given the folder that its socket is in. */
export type RoomPlan = (socketFolder: string) => { readonly command: string; readonly args: readonly string[] };
export const ROOM_SOCKET = 's';

/** The room of an executor: opened when first needed, and again when it was lost. */
export class Room {
  readonly #plan: RoomPlan;
  readonly #users: UserIds;
  readonly #folders = new Set<string>();
  #open: Promise<OpenRoom> | null = null;
  #closed = false;

  constructor(plan: RoomPlan, users: UserIds) {
    this.#plan = plan;
    this.#users = users;
  }

  /** Throws when the room does not come to stand, or the sandbox does not start in it. */
  async start(launch: Launch): Promise<Spawned> {
    const room = await this.opened();
    try {
      return await room.start(launch);
    } catch (thrown) {
      // Somebody tidied the temporary folder: nothing can be started in this room any more.
      if (!existsSync(room.socketPath)) await room.close();
      throw thrown;
    }
  }

  async opened(): Promise<OpenRoom> {
    if (this.#closed) throw new Error('the room is closed');
    const opening = (this.#open ??= this.#make());
    try {
      const room = await opening;
      if (room.alive) return room;
    } catch (thrown) {
      if (this.#open === opening) this.#open = null;
      throw thrown;
    }
    if (this.#open === opening) this.#open = null;
    return await this.opened();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#open?.catch(() => undefined))?.close();
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  async #make(): Promise<OpenRoom> {
    sweep();
    const folder = mkdtempSync(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
    this.#folders.add(folder);
    chmodSync(folder, 0o700);
    const room = await OpenRoom.open(
      { socketPath: path.join(folder, ROOM_SOCKET), ...this.#plan(folder) },
      this.#users,
    );
    void room.gone.then(() => {
      rmSync(folder, { recursive: true, force: true });
      this.#folders.delete(folder);
    });
    return room;
  }
}

/** Removes the folders of executors that were killed. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : 0;
    if (pid > 0 && !lives(pid)) rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}
