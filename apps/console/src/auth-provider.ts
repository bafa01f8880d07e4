import type { AuthProvider } from 'react-admin';
import { ApiError } from './api/errors.ts';
import { sendJson } from './api/http.ts';
import { chooseTenant } from './api/tenant.ts';
import { signOut } from './auth/api.ts';
import { sessionState } from './session/session-state.ts';

/** How long an answer about the session is trusted; any refused request says sooner that it has ended. */
const TRUST_MS = 60_000;
let checkedAt = 0;

/** To be called after each way of signing in. */
export function sessionBegan(): void {
  checkedAt = Date.now();
  sessionState.begin();
}

async function hasSession(signal?: AbortSignal): Promise<boolean> {
  const session = await sendJson('/api/auth/get-session', { anonymous: true, signal }).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  });
  return session !== null && typeof session === 'object' && 'user' in session;
}

export const authProvider: AuthProvider = {
  login: async () => undefined, // the form signs in by itself: it has more than one way and step
  logout: async () => {
    if (sessionState.hasBegun()) await signOut();
    checkedAt = 0;
    sessionState.forget();
    chooseTenant(undefined);
  },
  checkAuth: async ({ signal }: { signal?: AbortSignal } = {}) => {
    if (Date.now() - checkedAt < TRUST_MS) return;
    if (await hasSession(signal)) return sessionBegan();
    // A session that ends while a page is open is renewed in a dialog over it: nothing typed is lost.
    if (sessionState.hasBegun()) return sessionState.lost();
    throw Object.assign(new Error('Sign in to go on.'), { message: false });
  },
  checkError: async () => undefined,
  getPermissions: async () => undefined,
};
