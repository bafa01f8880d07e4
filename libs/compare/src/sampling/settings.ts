import { AppError } from '@switchyard/kernel';
import { z } from 'zod';
import { BASIS_POINTS } from './draw.ts';

/** How much of a tenant's traffic is looked at twice. */
export interface SamplingSettings {
  /** Share of answers that the other arm gives besides. */
  readonly shadowBasisPoints: number;
  /** Of one UTC day; once spent, no shadow run begins. Runs under way may exceed it by what they cost. */
  readonly shadowBudgetMicros: bigint;
  readonly shadowRunsPerDay: number;
  /** Share of answers that people are asked to grade. */
  readonly gradingBasisPoints: number;
}

export interface StoredSampling extends SamplingSettings {
  readonly updatedByName: string | null;
  readonly updatedAt: Date | null;
}

/** Nothing is sampled until somebody says so. */
export const NO_SAMPLING: StoredSampling = {
  shadowBasisPoints: 0,
  shadowBudgetMicros: 0n,
  shadowRunsPerDay: 0,
  gradingBasisPoints: 0,
  updatedByName: null,
  updatedAt: null,
};

const share = z.number().int().min(0).max(BASIS_POINTS);
const MOST_MICROS = 10_000_000_000n; // ten thousand dollars a day

const Settings = z.object({
  shadowBasisPoints: share,
  shadowBudgetMicros: z.bigint().min(0n).max(MOST_MICROS),
  shadowRunsPerDay: z.number().int().min(0).max(100_000),
  gradingBasisPoints: share,
});

/** Throws AppError `unprocessable` with the field's path. */
export function checkSettings(settings: SamplingSettings): SamplingSettings {
  const { success, data, error } = Settings.safeParse(settings);
  if (success) return data;
  const [issue] = error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new AppError('unprocessable', `${path}: ${issue?.message ?? 'not acceptable'}`, { path });
}
