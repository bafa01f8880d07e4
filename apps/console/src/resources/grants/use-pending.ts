import { useCallback, useEffect, useMemo, useState } from 'react';
import { grantsOf, placeKey, type Effect, type Grants, type Place } from './effect.ts';
import type { Policy } from './queries.ts';

/** By place: what it shall become; null takes the grant away. */
type Changes = Readonly<Record<string, Effect | null>>;
interface Draft {
  /** The revision of the policy that the changes were made on. */
  readonly revision: number;
  readonly changes: Changes;
}

const EMPTY: Draft = { revision: -1, changes: {} };

function recall(key: string): Draft {
  const kept = sessionStorage.getItem(key);
  return kept === null ? EMPTY : (JSON.parse(kept) as Draft);
}

/**
 * Changes of grants that are not saved yet. They survive leaving the page, a reload, and somebody else's change: what
 * meanwhile became so by itself drops out.
 */
export function usePending(policy: Policy, tenantId: string) {
  const key = `switchyard.grants.${tenantId}`;
  const [draft, setDraft] = useState(() => recall(key));
  useEffect(() => {
    if (Object.keys(draft.changes).length === 0) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(draft));
  }, [draft, key]);

  const saved = useMemo(() => grantsOf(policy.grants), [policy.grants]);
  const changes = useMemo(
    () => Object.entries(draft.changes).filter(([place, effect]) => (saved.get(place) ?? null) !== effect),
    [draft.changes, saved],
  );
  const merged: Grants = useMemo(() => {
    const next = new Map(saved);
    for (const [place, effect] of changes)
      if (effect === null) next.delete(place);
      else next.set(place, effect);
    return next;
  }, [saved, changes]);

  const changed: ReadonlySet<string> = useMemo(() => new Set(changes.map(([place]) => place)), [changes]);

  const { revision } = policy;
  const set = useCallback(
    (places: readonly Place[], effect: Effect | undefined) =>
      setDraft((before) => ({
        revision: Object.keys(before.changes).length === 0 ? revision : before.revision,
        changes: { ...before.changes, ...Object.fromEntries(places.map((place) => [placeKey(place), effect ?? null])) },
      })),
    [revision],
  );
  return {
    saved,
    merged,
    changes,
    changed,
    set,
    /** Somebody else has changed the policy since the first of these changes was made. */
    overtaken: changes.length > 0 && draft.revision !== revision,
    expectedRevision: draft.revision,
    /** The changes are meant on top of the policy as it is now. */
    rebase: () => setDraft((before) => ({ ...before, revision })),
    discard: () => setDraft(EMPTY),
  };
}

export type Pending = ReturnType<typeof usePending>;
