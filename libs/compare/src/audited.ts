import type { Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';

/** A change as the audit log is told of it. */
export interface CompareEvent {
  readonly action:
    | 'comparison.started'
    | 'comparison.resumed'
    | 'comparison.cancelled'
    | 'comparison.finished'
    | 'sampling.changed'
    | 'answer.graded'
    | 'pair.graded';
  readonly target: { readonly kind: 'comparison' | 'sampling' | 'answer' | 'pair'; readonly id: string };
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Writes the event in the transaction of the change. */
export type AuditCompare = (tx: Tx, ctx: Ctx, event: CompareEvent) => Promise<unknown>;
