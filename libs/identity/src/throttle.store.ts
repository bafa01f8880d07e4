import type { Database } from '@switchyard/database';
import type { Clock } from '@switchyard/kernel';
import { sha256 } from './tokens.ts';

const FAILURES_ALLOWED = 10;
const WINDOW_MS = 15 * 60_000;

/**
 * Counts wrong passwords per address, on top of better-auth's limit per client address, which many machines together
 * would go round. The price: whoever knows an address can keep its owner from signing in by password for a while;
 * sessions, keys and single sign-on go on.
 */
export interface SignInThrottle {
  /** Seconds until this address may try again, 0 when it may now. */
  retryAfterSeconds(email: string): Promise<number>;
  failed(email: string): Promise<void>;
  succeeded(email: string): Promise<void>;
}

const accountOf = (email: string): Uint8Array<ArrayBuffer> => Uint8Array.from(sha256(email.trim().toLowerCase()));

export function createSignInThrottle({ identity }: Pick<Database, 'identity'>, clock: Clock): SignInThrottle {
  return {
    async retryAfterSeconds(email) {
      const row = await identity.signInFailure.findUnique({ where: { account: accountOf(email) } });
      if (!row || row.count < FAILURES_ALLOWED) return 0;
      return Math.max(0, Math.ceil((row.lastAt.getTime() + WINDOW_MS - clock.now().getTime()) / 1_000));
    },
    async failed(email) {
      const now = clock.now();
      const windowStart = new Date(now.getTime() - WINDOW_MS);
      await identity.$executeRaw`
        INSERT INTO sign_in_failure (account, count, last_at) VALUES (${accountOf(email)}, 1, ${now})
        ON CONFLICT (account) DO UPDATE SET last_at = ${now},
          count = CASE WHEN sign_in_failure.last_at < ${windowStart} THEN 1 ELSE sign_in_failure.count + 1 END`;
      await identity.signInFailure.deleteMany({ where: { lastAt: { lt: windowStart } } });
    },
    async succeeded(email) {
      await identity.signInFailure.deleteMany({ where: { account: accountOf(email) } });
    },
  };
}
