import 'reflect-metadata';
import { AppError, messageOf } from '@switchyard/kernel';
import { createControlPlane, type ControlPlane } from './create-app.ts';
import { readEnv } from './env.ts';
import { createServices } from './providers.ts';
import type { Services } from './services.ts';

const CLOSE_TIMEOUT_MS = 15_000;

process.on('unhandledRejection', (reason) => {
  process.stderr.write(`unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}\n`);
});

try {
  await serve();
} catch (error) {
  process.stderr.write(`switchyard: ${whyNot(error)}\n`);
  process.exit(1);
}

async function serve(): Promise<void> {
  const env = readEnv();
  const services = await createServices(env);
  const controlPlane = await createControlPlane(services);
  endWith(services, controlPlane);
  await controlPlane.app.listen(env.PORT, env.HOST);
  process.send?.({ ready: services.publicUrl });
}

/** Not Nest's shutdown hooks: runs and long-lived streams must end before the server drains, and the exit code is 0. */
function endWith(services: Services, controlPlane: ControlPlane): void {
  let closing = false;
  const shutdown = (): void => {
    if (closing) return;
    closing = true;
    setTimeout(() => process.exit(1), CLOSE_TIMEOUT_MS).unref();
    void services
      .beginShutdown()
      .then(() => controlPlane.close())
      .then(() => services.close())
      .then(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, shutdown);
  process.on('disconnect', shutdown); // whoever started this process has died
  if (process.send && !process.connected) shutdown(); // before we listened for it
}

/** What somebody threw to say so, in its own words; a bug with its stack, because nothing else will tell. */
function whyNot(error: unknown): string {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'listen') return `Nothing can listen at this PORT and HOST (${code}: ${messageOf(error)}).`;
  const isBug = error instanceof Error && !(error instanceof AppError) && error.name !== 'Error';
  return isBug ? String(error.stack) : messageOf(error);
}
