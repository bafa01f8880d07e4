import type { Arm } from '@switchyard/kernel';
import { AppError } from '@switchyard/kernel';

/** How one answer went; told once it has been given. */
export interface Outcome {
  /** Of the assignment; null is not measured. */
  readonly exposureId: string | null;
  readonly error: boolean;
  readonly latencyMs: number;
  /** Null where the price is not known. */
  readonly costMicros: bigint | null;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** The arm that was dealt failed and the other answered. */
  readonly fallback: boolean;
  readonly servedArm: Arm;
  readonly segments?:
    | {
        readonly intent?: string | undefined;
        readonly model?: string | undefined;
        readonly tools?: readonly string[] | undefined;
      }
    | undefined;
}

/** An exposure, or the conversation that has one. */
export type ExposureRef =
  { readonly exposureId: string } | { readonly conversation: string; readonly user?: string | undefined };

export const ACCURACY_SOURCES = ['shadow', 'grade', 'feedback'] as const;
export type AccuracySource = (typeof ACCURACY_SOURCES)[number];

/**
 * shadow: treatment's score less control's on one question, −1 to 1. grade, feedback: the score of the answer that was
 * given, 0 to 1; feedback is shown and stops nothing.
 */
export interface Judgement {
  readonly source: AccuracySource;
  readonly value: number;
}

/** Throws AppError `unprocessable`. */
export function parseJudgement({ source, value }: Judgement): Judgement {
  const least = source === 'shadow' ? -1 : 0;
  if (!(value >= least && value <= 1))
    throw new AppError('unprocessable', `value: between ${least} and 1 for ${source}.`, { path: 'value' });
  return { source, value };
}

const MAX_TEXT = 100;
const MAX_TOOLS = 20;
const finite = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0);
const text = (value: string | undefined): string | null => value?.replaceAll('\0', '').slice(0, MAX_TEXT) || null;

/** In the form that can be stored whatever an upstream has answered: bounded, finite, without zeros in text. */
export function storableOutcome(outcome: Outcome) {
  const { segments = {} } = outcome;
  return {
    ...outcome,
    latencyMs: Math.min(finite(outcome.latencyMs), 86_400_000),
    promptTokens: Math.min(Math.round(finite(outcome.promptTokens)), 2_000_000_000),
    completionTokens: Math.min(Math.round(finite(outcome.completionTokens)), 2_000_000_000),
    costMicros: outcome.costMicros !== null && outcome.costMicros < 0n ? null : outcome.costMicros,
    intent: text(segments.intent),
    model: text(segments.model),
    tools: [...new Set((segments.tools ?? []).flatMap((tool) => text(tool) ?? []))].slice(0, MAX_TOOLS),
  };
}
export type StorableOutcome = ReturnType<typeof storableOutcome> & { readonly id: string; readonly at: Date };
