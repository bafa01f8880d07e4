import { AppError } from '@switchyard/kernel';
import { z } from 'zod';
import { ALL } from '../bucketing.ts';

/** What a guard does when it is triggered; in dry run it only says what it would have done. */
export const EFFECTS = ['rollback', 'hold', 'warn'] as const;
export type Effect = (typeof EFFECTS)[number];

export const GUARDS = [
  'error_rate',
  'slow_rate',
  'accuracy',
  'complaint_cap',
  'complaint_share',
  'error_share',
  'sample_ratio',
  'crossover',
  'cost',
  'latency',
] as const;
export type GuardName = (typeof GUARDS)[number];

/** Answers slower than this are counted, as they come: the limit of `slow_rate`. */
export const SLOW_MS = 10_000;

const Guard = z.object({
  name: z.enum(GUARDS),
  effect: z.enum(EFFECTS),
  dryRun: z.boolean().default(false),
  /**
   * The rate (error_rate, slow_rate, crossover), the margin (accuracy), the count (complaint_cap), the relative increase
   * (cost, latency) that is too much. Unused by the others.
   */
  threshold: z.number().min(0).max(1_000_000),
});
export type Guard = z.infer<typeof Guard>;

const Guards = z
  .array(Guard)
  .max(GUARDS.length)
  .refine((guards) => new Set(guards.map(({ name }) => name)).size === guards.length, 'each guard at most once');

/** The founding documents' criteria; the rest warns or holds. */
export const DEFAULT_GUARDS: readonly Guard[] = [
  { name: 'error_rate', effect: 'rollback', dryRun: false, threshold: 0.01 },
  { name: 'slow_rate', effect: 'rollback', dryRun: false, threshold: 0.01 },
  { name: 'accuracy', effect: 'rollback', dryRun: false, threshold: 0.05 },
  { name: 'complaint_cap', effect: 'rollback', dryRun: false, threshold: 10 },
  { name: 'complaint_share', effect: 'rollback', dryRun: false, threshold: 0 },
  { name: 'error_share', effect: 'warn', dryRun: false, threshold: 0 },
  { name: 'sample_ratio', effect: 'hold', dryRun: false, threshold: 0 },
  { name: 'crossover', effect: 'hold', dryRun: false, threshold: 0.05 },
  { name: 'cost', effect: 'warn', dryRun: false, threshold: 0 },
  { name: 'latency', effect: 'warn', dryRun: false, threshold: 0.2 },
];

/** What must be proven before a step is left by itself. */
export const PROOFS = ['error_rate', 'slow_rate', 'accuracy'] as const;
export type Proof = (typeof PROOFS)[number];

const Step = z.object({
  /** Of treatment; a step of all keeps the plan's holdback out. */
  shareBasisPoints: z.number().int().min(1).max(ALL),
  dwellMinutes: z
    .number()
    .int()
    .min(0)
    .max(60 * 24 * 90),
  /** Conversations (or users) that have been answered in treatment during this step. */
  minUnits: z.number().int().min(0).max(10_000_000),
  /** `manual`: a person's approval is the last gate out of this step. */
  advance: z.enum(['automatic', 'manual']),
  /** Somebody must have ticked these before the step is left. */
  checklist: z.array(z.string().trim().min(1).max(200)).max(20).default([]),
});
export type Step = z.infer<typeof Step>;

const PlanSchema = z
  .object({
    arm: z.enum(['code', 'hybrid']).default('code'),
    unit: z.enum(['conversation', 'user']).default('conversation'),
    steps: z.array(Step).min(1).max(20),
    proofs: z.array(z.enum(PROOFS)).max(PROOFS.length).default(['error_rate', 'slow_rate']),
    approval: z.enum(['anyone', 'another_person']).default('anyone'),
    /** Kept out of treatment at the step of all, or savings stop being causal. */
    holdbackBasisPoints: z.number().int().min(0).max(2_000).default(300),
    /** Without an answer for so long nothing is advanced. */
    staleMinutes: z
      .number()
      .int()
      .min(1)
      .max(60 * 24 * 30)
      .default(60),
    guards: Guards.default([...DEFAULT_GUARDS]),
  })
  .superRefine(({ steps }, refinement) => {
    steps.forEach((step, position) => {
      const before = steps[position - 1];
      if (before && step.shareBasisPoints <= before.shareBasisPoints)
        refinement.addIssue({
          code: 'custom',
          path: ['steps', position, 'shareBasisPoints'],
          message: 'each step must be larger than the one before',
        });
    });
  });
export type Plan = z.output<typeof PlanSchema>;
export type PlanInput = z.input<typeof PlanSchema>;

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, name: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = [name, ...(issue?.path ?? [])].join('.');
  throw new AppError('unprocessable', `${path}: ${issue?.message ?? 'not acceptable'}`, { path });
}

/** Throws AppError `unprocessable` with the first bad field's path. */
export const parsePlan = (plan: unknown): Plan => parsed(PlanSchema, plan, 'plan');

/** Throws AppError `unprocessable` with the first bad field's path. */
export const parseGuards = (guards: unknown): Guard[] => parsed(Guards, guards, 'guards');

const HOUR = 60;
const DAY = 24 * HOUR;
const at = (share: number, dwellMinutes: number, minUnits: number, more: Partial<Step> = {}): Step => ({
  shareBasisPoints: share,
  dwellMinutes,
  minUnits,
  advance: 'automatic',
  checklist: [],
  ...more,
});

export const TEMPLATES = ['cautious', 'standard', 'fast'] as const;
export type TemplateName = (typeof TEMPLATES)[number];

/** Ready plans. `standard` has the founding documents' steps. */
export const templatePlan = (name: TemplateName): Plan => {
  const informed = { checklist: ['Support knows what changes and where the switch is'] };
  const manual = { advance: 'manual' as const };
  switch (name) {
    case 'cautious':
      return parsePlan({
        steps: [
          at(100, DAY, 100, { ...informed, ...manual }),
          at(500, 2 * DAY, 450, manual),
          at(1_000, 2 * DAY, 500, manual),
          at(2_500, 3 * DAY, 1_000, manual),
          at(5_000, 7 * DAY, 2_000, { ...manual, checklist: ['The product team has read the comparison of cost'] }),
          at(ALL, 7 * DAY, 2_000),
        ],
        proofs: [...PROOFS],
        approval: 'another_person',
        holdbackBasisPoints: 500,
      } satisfies PlanInput);
    case 'standard':
      return parsePlan({
        steps: [
          at(1_000, DAY, 450, informed),
          at(2_500, DAY, 500),
          at(5_000, 2 * DAY, 1_000, manual),
          at(ALL, 2 * DAY, 1_000),
        ],
        approval: 'another_person',
      } satisfies PlanInput);
    case 'fast':
      return parsePlan({
        steps: [at(1_000, 15, 100), at(2_500, 15, 200), at(5_000, 30, 450), at(ALL, HOUR, 450)],
        staleMinutes: 15,
      } satisfies PlanInput);
  }
};

/** What a step really gives to treatment. */
export const shareOf = (plan: Plan, stepIndex: number): number =>
  Math.min(plan.steps[stepIndex]?.shareBasisPoints ?? 0, ALL - plan.holdbackBasisPoints);
