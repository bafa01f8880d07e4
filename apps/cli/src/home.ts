import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@switchyard/kernel';

export interface Claim {
  release(): Promise<void>;
}

const COMMAND_PATIENCE_MS = 60_000;

/** Not in the folder itself: socket paths end at 107 bytes. On Linux in the abstract namespace, which leaves no file. */
function socketPath(home: string, what: 'home' | 'database' | 'keys'): string {
  const name = `switchyard-${createHash('sha256').update(`${what} ${home}`).digest('hex').slice(0, 24)}`;
  return process.platform === 'linux' ? `\0${name}` : path.join(os.tmpdir(), `${name}.sock`);
}

const answers = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const client = net.connect(socket, () => {
      client.destroy();
      resolve(true);
    });
    client.on('error', () => resolve(false));
  });

/**
 * Undefined when another process has it. A socket and not a file with a process number: the kernel closes it with the
 * process, so that a kill -9 leaves nothing that could be mistaken for a running one.
 */
async function tryClaim(socket: string): Promise<Claim | undefined> {
  if (await answers(socket)) return undefined;
  if (!socket.startsWith('\0')) fs.rmSync(socket, { force: true });
  const server = net.createServer((client) => client.destroy());
  const claimed = await new Promise<boolean>((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(socket, () => resolve(true));
  });
  return claimed ? { release: () => new Promise((resolve) => server.close(() => resolve())) } : undefined;
}

/** Whether a Switchyard runs on this data folder now. */
export const isHomeInUse = (home: string): Promise<boolean> => answers(socketPath(home, 'home'));

/** Whether somebody starts, prepares or is about to stop the embedded server now. */
export const isDatabaseClaimed = (home: string): Promise<boolean> => answers(socketPath(home, 'database'));

/** Takes the data folder for this process: one Switchyard serves it at a time. */
export async function claimHome(home: string): Promise<Claim> {
  fs.mkdirSync(home, { recursive: true, mode: 0o711 });
  const claim = await tryClaim(socketPath(home, 'home'));
  if (claim) return claim;
  throw new AppError(
    'conflict',
    `A Switchyard runs already on ${home}: stop it first, or give this one another SWITCHYARD_HOME and PORT.`,
  );
}

/** Takes the right to start and stop the embedded server, so that no command stops it under another or under `up`. */
export const claimDatabase = (home: string): Promise<Claim> => waitForTurn(home, 'database');

/** Takes the key file: of two that change it at once, one would lose the other's key, and all that it protects. */
export const claimKeyFile = (home: string): Promise<Claim> => waitForTurn(home, 'keys');

async function waitForTurn(home: string, what: 'database' | 'keys'): Promise<Claim> {
  const deadline = Date.now() + COMMAND_PATIENCE_MS;
  for (;;) {
    const claim = await tryClaim(socketPath(home, what));
    if (claim) return claim;
    if (Date.now() > deadline)
      throw new AppError(
        'unavailable',
        `Another command has been using ${home} for a minute: wait until it has ended.`,
      );
    await sleep(50);
  }
}
