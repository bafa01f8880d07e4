import type { AlertSenders } from '../money/budgets.ts';

/** For specs in which nothing is sent: whatever tries fails. */
export const noSenders: AlertSenders = {
  fetch: () => Promise.reject(new Error('nothing is sent here')),
  withSecrets: () => Promise.reject(new Error('there are no secrets here')),
  mailer: undefined,
  checkUrl: async () => undefined,
  putSecret: async () => undefined,
};
