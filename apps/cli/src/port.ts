import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@switchyard/kernel';

/** A control plane that has just lost its parent needs a moment to give its port back. */
const PATIENCE_MS = 5_000;

const tryListen = (port: number, host: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = net.createServer();
    server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });

function refusal(problem: string, port: number, host: string): string {
  switch (problem) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is in use by another program: stop that, or set PORT to another.`;
    case 'EACCES':
      return `This user may not listen on port ${port}: set PORT to 1024 or more.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine: set HOST to one that is, such as 127.0.0.1.`;
    default:
      return `Nothing can listen on port ${port} of ${host} (${problem}): set PORT and HOST.`;
  }
}

/** Throws AppError `unavailable`, with what to do, when nothing could listen there. */
export async function waitForPort(port: number, host: string, patienceMs: number = PATIENCE_MS): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const problem = await tryListen(port, host);
    if (problem === undefined) return;
    if (problem !== 'EADDRINUSE' || Date.now() > deadline)
      throw new AppError('unavailable', refusal(problem, port, host));
    await sleep(100);
  }
}
