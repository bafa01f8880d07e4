import type { Rows, Statement } from '@switchyard/database';
import type { Arm } from '@switchyard/kernel';
import type { Counterfactual } from './counterfactual.ts';
import type { Usage } from './price.ts';

export const PURPOSES = ['chat', 'shadow', 'compare', 'grade', 'embedding'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** One call of a model, as whoever made it tells it. */
export interface ModelCallInput {
  /** A UUID; a call that is told twice counts once. */
  readonly id: string;
  readonly conversation: string | null;
  readonly runId?: string | null;
  readonly arm: Arm | null;
  readonly purpose: Purpose;
  readonly provider: string;
  /** As the provider answered it. */
  readonly model: string;
  /** The scripted model: never priced. */
  readonly scripted: boolean;
  readonly usage: Usage;
  /** Counted by the caller, because the provider told nothing. */
  readonly usageEstimated: boolean;
  readonly status: 'ok' | 'error';
  readonly errorCode?: string | null;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly firstTokenMs: number | null;
  /** With the call that finished the answer: of the answer as a whole. */
  readonly counterfactual?: Counterfactual;
}

/** A call of a model, priced, that comes on record with a transaction of its caller's. */
export interface PricedModelCall extends RecordedCost {
  readonly statements: readonly Statement[];
  /** With what the statements answered, once they are committed: tells of a budget that the call has reached. */
  recorded(answers: readonly Rows[]): Promise<void>;
}

export interface RecordedCost {
  /** Null: no price is known for this model. */
  readonly costMicros: bigint | null;
  readonly priceId: string | null;
}
