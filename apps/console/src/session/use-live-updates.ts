import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { follow } from '../api/live.ts';
import { refreshAll } from '../api/use-api.ts';
import type { ChangedSubscription, RunChangedSubscription } from '../gql/graphql.ts';
import { ChangedDocument, RunChangedDocument } from './queries.ts';

const SETTLE_MS = 700;
const OVERVIEW_SETTLE_MS = 5000;

/** At most once per period, and always once after the last call. */
function settled(periodMs: number, act: () => void): { call: () => void; stop: () => void } {
  let timer: number | undefined;
  return {
    call: () => {
      timer ??= window.setTimeout(() => {
        timer = undefined;
        act();
      }, periodMs);
    },
    stop: () => window.clearTimeout(timer),
  };
}

/** Reads again what others, or programs, have changed; a burst of runs is one reading. */
export function useLiveUpdates(tenantId: string): void {
  const client = useQueryClient();
  useEffect(() => {
    const runs = settled(SETTLE_MS, () => {
      void client.invalidateQueries({ queryKey: ['runs'] });
      void client.invalidateQueries({ queryKey: ['api', 'Executor'] });
    });
    const overview = settled(OVERVIEW_SETTLE_MS, () => {
      void client.invalidateQueries({ queryKey: ['api', 'Overview'] });
      void client.invalidateQueries({ queryKey: ['decisions'] });
    });
    const everything = settled(SETTLE_MS, () => void refreshAll(client));
    const unfollow = [
      follow<RunChangedSubscription>(RunChangedDocument.toString(), ({ runChanged }) => {
        runs.call();
        overview.call();
        void client.invalidateQueries({ queryKey: ['api', 'Run', { id: runChanged.id }] });
      }),
      follow<ChangedSubscription>(ChangedDocument.toString(), () => everything.call()),
    ];
    return () => {
      for (const stop of unfollow) stop();
      runs.stop();
      overview.stop();
      everything.stop();
    };
  }, [client, tenantId]);
}
