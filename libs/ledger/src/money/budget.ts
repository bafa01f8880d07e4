import { AppError } from '@switchyard/kernel';
import { z } from 'zod';
import type { AlertInput } from '../alerts/alert.ts';
import { centsOf } from './dollars.ts';
import type { Budget } from './budget.store.ts';
import type { Spend } from './spend.store.ts';

/** $1,000,000,000: what still fits everywhere. */
const MOST_MICROS = 10n ** 15n;
const micros = z.bigint().min(1n, 'more than nothing').max(MOST_MICROS, 'at most a billion dollars');

const Change = z.strictObject({
  pilotMicros: micros.optional(),
  strongMicros: micros.optional(),
  mode: z.enum(['warn', 'block']).optional(),
  webhookUrl: z.string().max(2_000).nullable().optional(),
  emails: z.array(z.email()).max(20).optional(),
});

export type BudgetChange = z.input<typeof Change>;

/** Throws AppError `unprocessable` with the field's path. */
export function changedBudget(before: Budget, change: BudgetChange): Budget {
  const parsed = Change.safeParse(change);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path.join('.') ?? '';
    throw new AppError('unprocessable', `${path}: ${issue?.message ?? 'not acceptable'}`, { path });
  }
  const given = Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
  const after: Budget = { ...before, ...given };
  if (after.pilotMicros >= after.strongMicros)
    throw new AppError('unprocessable', 'The pilot threshold is below the strong one.', { path: 'pilotMicros' });
  return { ...after, emails: [...new Set(after.emails)] };
}

const dollars = (amount: bigint): string => `$${centsOf(amount).toFixed(2)}`;

export interface Crossing {
  readonly thresholdMicros: bigint;
  readonly alert: AlertInput;
}

/** The thresholds that a month has reached and that nobody was told of; once each for a month. */
export function crossings(budget: Budget, spend: Spend, month: string): Crossing[] {
  const names = ['pilot', 'strong'] as const;
  return names.flatMap((name) => {
    const thresholdMicros = name === 'pilot' ? budget.pilotMicros : budget.strongMicros;
    if (spend.costMicros < thresholdMicros || spend.alerted.includes(thresholdMicros)) return [];
    const blocks = name === 'strong' && budget.mode === 'block';
    const next = blocks
      ? 'Chats and executions are refused until the month ends; an admin may raise the budget.'
      : 'Nothing is refused. An admin sets thresholds, and what happens at them, under Budgets.';
    const alert = {
      kind: 'budget.threshold_reached',
      dedupeKey: `budget/${month}/${thresholdMicros}`,
      title: `The ${name} budget threshold of ${dollars(thresholdMicros)} is reached`,
      message: `Model calls of ${month.slice(0, 7)} (UTC) have cost ${dollars(spend.costMicros)}. ${next}`,
      data: {
        month: month.slice(0, 7),
        threshold: name,
        thresholdMicros: String(thresholdMicros),
        spentMicros: String(spend.costMicros),
        mode: budget.mode,
      },
    };
    return [{ thresholdMicros, alert }];
  });
}

/** Until the first of the next month, UTC. */
export const secondsToMonthEnd = (now: Date): number =>
  Math.max(1, Math.ceil((Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) - now.getTime()) / 1_000));

export const budgetExceeded = (budget: Budget, now: Date): AppError =>
  new AppError(
    'budget_exceeded',
    `This month's budget of ${dollars(budget.strongMicros)} is spent: ask an admin to raise it, or come again next month.`,
    { retryAfterSeconds: secondsToMonthEnd(now) },
  );
