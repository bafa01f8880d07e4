import { useMutation, useQueryClient } from '@tanstack/react-query';
import { query } from '../../api/graphql.ts';
import { refreshAll } from '../../api/use-api.ts';
import {
  ApproveRolloutDocument,
  CloseRolloutDocument,
  HoldRolloutDocument,
  RestartRolloutDocument,
  ResumeRolloutDocument,
  RollBackRolloutDocument,
  SetRolloutShareDocument,
  StartRolloutDocument,
  TickRolloutItemDocument,
  type Rollout,
} from './queries.ts';

export type Command =
  | { readonly kind: 'start' | 'hold' | 'resume' | 'rollBack' | 'restart' | 'approve' | 'close' }
  | { readonly kind: 'setShare'; readonly shareBasisPoints: number }
  | { readonly kind: 'tick'; readonly item: string; readonly done: boolean };

function send(command: Command, change: { id: string; expectedVersion: number; reason: string }): Promise<unknown> {
  switch (command.kind) {
    case 'start':
      return query(StartRolloutDocument, { change });
    case 'hold':
      return query(HoldRolloutDocument, { change });
    case 'resume':
      return query(ResumeRolloutDocument, { change });
    case 'rollBack':
      return query(RollBackRolloutDocument, { change });
    case 'restart':
      return query(RestartRolloutDocument, { change, afterFix: true });
    case 'approve':
      return query(ApproveRolloutDocument, { change });
    case 'close':
      return query(CloseRolloutDocument, { change });
    case 'setShare':
      return query(SetRolloutShareDocument, { change, shareBasisPoints: command.shareBasisPoints });
    case 'tick':
      return query(TickRolloutItemDocument, { change, item: command.item, done: command.done });
  }
}

/** A change of a rollout, made on the version that the person has seen; refused when it is another by now. */
export function useRolloutChange(rollout: Rollout, done: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ command, reason }: { command: Command; reason: string }) =>
      send(command, { id: rollout.id, expectedVersion: rollout.version, reason }),
    onSuccess: done,
    onSettled: () => refreshAll(client),
  });
}
