import type { Host } from '@switchyard/host';
import { messageOf } from '@switchyard/kernel';

const STREAM_MS = 2_000;
const KEEP_MS = 60_000;

/** One at a time: what takes longer than its turn does not make more of itself. */
function repeated(everyMs: number, work: () => Promise<unknown>, complain: (message: string) => void): NodeJS.Timeout {
  let running = false;
  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    try {
      await work();
    } catch (error) {
      complain(messageOf(error));
    } finally {
      running = false;
    }
  };
  return setInterval(() => void run(), everyMs).unref();
}

/** The audit logs of all tenants are streamed, signed and kept as long as each wants, from any node. Returns the way to stop. */
export function tendAuditLogs(
  { identity, ledger }: Pick<Host, 'identity' | 'ledger'>,
  complain: (message: string) => void,
): () => void {
  const tenants = async () => (await identity.listTenants()).map(({ id }) => id);
  const timers = [
    repeated(
      STREAM_MS,
      async () => ledger.streamAudit(await tenants()),
      (message) => complain(`audit logs could not be streamed: ${message}`),
    ),
    repeated(
      KEEP_MS,
      async () => ledger.keepAudit(await tenants()),
      (message) => complain(`audit logs could not be signed and kept: ${message}`),
    ),
  ];
  return () => timers.forEach((timer) => clearInterval(timer));
}
