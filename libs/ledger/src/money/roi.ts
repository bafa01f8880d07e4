import { AppError } from '@switchyard/kernel';
import { centsOf } from './dollars.ts';

export const ROI_SCENARIOS = ['a', 'b', 'c'] as const;
export type RoiScenario = (typeof ROI_SCENARIOS)[number];

/** Money in micro-dollars. */
export interface RoiInput {
  readonly conversationsPerMonth: number;
  /** Of one conversation the traditional way. */
  readonly traditionalMicros: bigint;
  /** Of one conversation by code, without what runs it. */
  readonly codeMicros: bigint;
  /** A month of what runs the code. */
  readonly infrastructureMicros: bigint;
  /** Once. */
  readonly setupMicros: bigint;
}

/** In dollars, to the cent. */
export interface Roi {
  readonly currentMonthly: number;
  readonly codeMonthly: number;
  /** Negative: the code way costs more. */
  readonly monthlySavings: number;
  readonly annualSavings: number;
  /** Whole months until the set-up cost is earned back; null when it never is. */
  readonly breakEvenMonths: number | null;
}

/** Of one conversation, as the founding documents' three scenarios have it: $0.148 and $0.0159. */
export const TRADITIONAL_MICROS = 148_000n;
export const CODE_MICROS = 15_900n;

/** What it takes to run the code, by how much runs: dollars a month and dollars once. */
const SIZES = [
  { upTo: 1_000, infrastructureMicros: 50_000_000n, setupMicros: 5_000_000_000n },
  { upTo: 10_000, infrastructureMicros: 200_000_000n, setupMicros: 8_000_000_000n },
  { upTo: Infinity, infrastructureMicros: 800_000_000n, setupMicros: 12_000_000_000n },
] as const;

const VOLUMES: Readonly<Record<RoiScenario, number>> = { a: 1_000, b: 10_000, c: 100_000 };

const MOST_CONVERSATIONS = 1_000_000_000;

/** One documented model for every volume; any part of it may be replaced by one's own. Throws AppError `unprocessable`. */
export function roiInput(
  of: { readonly scenario: RoiScenario } | (Pick<RoiInput, 'conversationsPerMonth'> & Partial<RoiInput>),
): RoiInput {
  const given = 'scenario' in of ? { conversationsPerMonth: VOLUMES[of.scenario] } : of;
  const { conversationsPerMonth } = given;
  if (
    !Number.isSafeInteger(conversationsPerMonth) ||
    conversationsPerMonth < 0 ||
    conversationsPerMonth > MOST_CONVERSATIONS
  )
    throw new AppError('unprocessable', `Conversations a month: a whole number from 0 to ${MOST_CONVERSATIONS}.`, {
      path: 'conversationsPerMonth',
    });
  const size = SIZES.find(({ upTo }) => conversationsPerMonth <= upTo) ?? SIZES[2];
  const input: RoiInput = {
    traditionalMicros: TRADITIONAL_MICROS,
    codeMicros: CODE_MICROS,
    infrastructureMicros: size.infrastructureMicros,
    setupMicros: size.setupMicros,
    ...given,
  };
  for (const path of ['traditionalMicros', 'codeMicros', 'infrastructureMicros', 'setupMicros'] as const)
    if (input[path] < 0n) throw new AppError('unprocessable', 'A cost is not negative.', { path });
  return input;
}

/** Exact in micro-dollars; only the answer is rounded. */
export function roi(input: RoiInput): Roi {
  const volume = BigInt(input.conversationsPerMonth);
  const current = volume * input.traditionalMicros;
  const code = volume * input.codeMicros + input.infrastructureMicros;
  const savings = current - code;
  return {
    currentMonthly: centsOf(current),
    codeMonthly: centsOf(code),
    monthlySavings: centsOf(savings),
    annualSavings: centsOf(savings * 12n),
    breakEvenMonths: savings <= 0n ? null : Number((input.setupMicros + savings - 1n) / savings),
  };
}
