import { useSyncExternalStore } from 'react';

const TICK_MS = 10_000;
let now = Date.now();
let timer: number | undefined;
const listeners = new Set<() => void>();

// Outside the hook: a new function at each render would subscribe anew at each render.
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    now = Date.now(); // nobody has kept it up to date meanwhile
    timer = window.setInterval(() => {
      now = Date.now();
      for (const each of listeners) each();
    }, TICK_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

/** One clock for all relative times on the page. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);
