import { useSyncExternalStore } from 'react';

/**
 * Whether this page had a session and lost it. It is kept outside React so that the transport can say so, and a
 * dialog asks for a new sign-in over the page, which keeps everything that was being edited.
 */
let ended = false;
let begun = false;
const listeners = new Set<() => void>();

function set(next: boolean): void {
  if (ended === next) return;
  ended = next;
  for (const listener of listeners) listener();
}

export const sessionState = {
  begin: () => {
    begun = true;
    set(false);
  },
  hasBegun: () => begun,
  /** To be called when the control plane no longer knows who we are. */
  lost: () => {
    if (begun) set(true);
  },
  forget: () => {
    begun = false;
    set(false);
  },
};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useSessionEnded = (): boolean => useSyncExternalStore(subscribe, () => ended);
