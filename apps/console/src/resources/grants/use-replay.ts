import { useEffect, useState } from 'react';
import { query } from '../../api/graphql.ts';
import type { ReplayDecisionsQuery, ReplayDecisionsQueryVariables } from '../../gql/graphql.ts';
import { ReplayDecisionsDocument, type ReplayDifference } from './queries.ts';

const PART = 5_000;
/** Newest first; what is older says little about today. */
export const REPLAYED_AT_MOST = 100_000;

/** Changes that nobody has saved: of grants, of one rule, or of which own rules are in force. */
export type PolicyDraft = Pick<ReplayDecisionsQueryVariables, 'changes' | 'rule' | 'ruleId' | 'moduleRevision'>;

export interface Replay {
  readonly examined: number;
  /** Decided otherwise today than when they were logged. */
  readonly changedSince: number;
  readonly differences: readonly ReplayDifference[];
  readonly done: boolean;
  readonly error?: unknown;
}

const START: Replay = { examined: 0, changedSince: 0, differences: [], done: false };

const keyOf = (one: ReplayDifference): string => JSON.stringify([one.principalId, one.server, one.tool, one.outcome]);

function merge(known: readonly ReplayDifference[], more: readonly ReplayDifference[]): ReplayDifference[] {
  const all = new Map(known.map((one) => [keyOf(one), one]));
  for (const one of more) {
    const before = all.get(keyOf(one));
    all.set(keyOf(one), before ? { ...before, count: before.count + one.count, firstAt: one.firstAt } : one);
  }
  return [...all.values()].sort((a, b) => b.count - a.count);
}

/** The decision log decided once more under changes that are not saved, part by part as it comes. */
export function useReplay(draft: PolicyDraft): Replay {
  const [replay, setReplay] = useState(START);
  const asked = JSON.stringify(draft);
  useEffect(() => {
    const gone = new AbortController();
    const wanted = JSON.parse(asked) as PolicyDraft;
    const run = async () => {
      let now = START;
      setReplay(now);
      let cursor: string | null = null;
      do {
        const variables: ReplayDecisionsQueryVariables = {
          ...wanted,
          limit: PART,
          ...(cursor === null ? {} : { cursor }),
        };
        const { replayDecisions: part }: ReplayDecisionsQuery = await query(
          ReplayDecisionsDocument,
          variables,
          gone.signal,
        );
        cursor = part.next ?? null;
        now = {
          examined: now.examined + part.examined,
          changedSince: now.changedSince + part.changedSince,
          differences: merge(now.differences, part.differences),
          done: cursor === null || now.examined + part.examined >= REPLAYED_AT_MOST,
        };
        setReplay(now);
      } while (!now.done && !gone.signal.aborted);
    };
    run().catch((error: unknown) => {
      if (!gone.signal.aborted) setReplay((before) => ({ ...before, done: true, error }));
    });
    return () => gone.abort();
  }, [asked]);
  return replay;
}
