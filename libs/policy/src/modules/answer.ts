import type { Surface } from '@switchyard/kernel';
import { z } from 'zod';
import type { Obligations, Reason, Verdict } from '../decision.ts';

const Text = z.string().trim().min(1).max(500);
const Cap = z.array(z.number().int().min(0).max(1_000_000)).max(100).default([]);

/** What a tenant's own rules may answer: sets, all of which take back. Whatever else they say is an error, and denies. */
export const ModuleAnswer = z.strictObject({
  deny: z.array(Text).max(100).default([]),
  approval: z
    .array(
      z.strictObject({
        persons: z.union([z.literal(1), z.literal(2)]).default(1),
        minutes: z
          .number()
          .int()
          .min(1)
          .max(7 * 24 * 60)
          .default(60),
        reason: Text.default("the tenant's own rules ask for it"),
      }),
    )
    .max(100)
    .default([]),
  mask_fields: z.array(z.string().trim().min(1).max(100)).max(100).default([]),
  row_cap: Cap,
  call_cap: Cap,
});
export type ModuleAnswer = z.infer<typeof ModuleAnswer>;

/** The names that a module may define to say something; others are its own affair. */
export const MODULE_NAMES = ['deny', 'approval', 'mask_fields', 'row_cap', 'call_cap'] as const;

export type ModuleFinding =
  | { readonly kind: 'answer'; readonly answer: ModuleAnswer }
  /** Nothing is known of the call then, so it is denied. */
  | { readonly kind: 'failed'; readonly message: string };

const least = (...caps: (number | null)[]): number | null => {
  const set = caps.filter((cap) => cap !== null);
  return set.length > 0 ? Math.min(...set) : null;
};

function bounded(before: Obligations, answer: ModuleAnswer): Obligations {
  const asked = [...answer.approval, ...(before.approval ? [before.approval] : [])];
  return {
    maskFields: [...new Set([...before.maskFields, ...answer.mask_fields])],
    rowCap: least(before.rowCap, ...answer.row_cap),
    callCap: least(before.callCap, ...answer.call_cap),
    approval:
      asked.length === 0
        ? null
        : {
            persons: Math.max(...asked.map(({ persons }) => persons)),
            minutes: Math.min(...asked.map(({ minutes }) => minutes)),
            reasons: [...(before.approval?.reasons ?? []), ...answer.approval.map(({ reason }) => reason)],
          },
  };
}

const denied = (verdict: Verdict, reasons: readonly Reason[]): Verdict => ({
  ...verdict,
  effect: 'deny',
  reasons: [...reasons],
});

/**
 * The product's verdict with what a tenant's own rules take back from it: the stricter of each. There is no way in here by
 * which a denial could become an allowance, an approval fall away or a cap rise.
 */
export function restrict(verdict: Verdict, finding: ModuleFinding, surface: Surface): Verdict {
  if (verdict.effect === 'deny') return verdict;
  if (finding.kind === 'failed')
    return denied(verdict, [
      {
        code: 'module_failed',
        message: `this tenant's own rules gave no answer, so the call is denied: ${finding.message}; an admin publishes other rules on the Grants page`,
      },
    ]);
  const { answer } = finding;
  if (answer.deny.length > 0)
    return denied(
      verdict,
      answer.deny.map((why) => ({
        code: 'denied_by_module' as const,
        message: `this tenant's own rules forbid this call: ${why}`,
      })),
    );
  if (answer.approval.length > 0 && surface === 'shadow')
    return denied(verdict, [
      {
        code: 'shadow_approval',
        message: "this call needs a person's approval, and nobody is asked for a shadow or comparison run",
      },
    ]);
  return { ...verdict, obligations: bounded(verdict.obligations, answer) };
}
