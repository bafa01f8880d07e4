import { LocalExecutor, serveExecutor } from '@switchyard/execution';
import { readEnv } from './env.ts';

// A small process of its own, because starting a sandbox costs more the larger the parent is. It holds no secret: all
// that it is told is a program, limits, and the answers of tools.
const env = readEnv();
const executor = await LocalExecutor.start({
  pool: {
    size: env.SWITCHYARD_EXECUTOR_POOL,
    maxComputing: env.SWITCHYARD_EXECUTOR_COMPUTING,
    maxRunning: env.SWITCHYARD_EXECUTOR_RUNNING,
    maxQueued: env.SWITCHYARD_EXECUTOR_QUEUE,
  },
  sessions: { most: env.SWITCHYARD_EXECUTOR_SESSIONS, idleMs: env.SWITCHYARD_EXECUTOR_SESSION_IDLE_MS },
  wall: env.SWITCHYARD_EXECUTOR_STAGING === undefined ? {} : { stagingDir: env.SWITCHYARD_EXECUTOR_STAGING },
});
const server = await serveExecutor(executor, env.SWITCHYARD_EXECUTOR_SOCKET);

let ending = false;
const end = async (): Promise<void> => {
  if (ending) return;
  ending = true;
  await Promise.all([server.close(), executor.close()]);
  process.exit(0);
};
process.once('SIGTERM', () => void end());
process.once('SIGINT', () => void end());
// The parent holds the other end of stdin. However it ends, this closes, and nothing of us stays behind.
process.stdin.once('end', () => void end());
process.stdin.once('close', () => void end());
process.stdin.resume();
process.stdout.write('ready\n');
