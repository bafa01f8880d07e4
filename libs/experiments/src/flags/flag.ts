import { AppError } from '@switchyard/kernel';
import { z } from 'zod';
import { ALL } from '../bucketing.ts';

/** The first two with the founding documents' names and meaning. On until a tenant turns them off. */
export const KNOWN_FLAGS = {
  MCP_EXECUTION_ENABLED: 'Off: nobody gets the code arm, whatever the rollout says.',
  MCP_PROGRESSIVE_DISCLOSURE: 'Off: the code arm gets full definitions in its context instead of discovery.',
  MCP_STRICT_SANDBOX:
    'Off: runs of one caller in one conversation may follow each other in one process, which is faster. On: a process for each run.',
} as const;
export type KnownFlag = keyof typeof KNOWN_FLAGS;

export interface Variant {
  readonly name: string;
  readonly shareBasisPoints: number;
}

export interface Flag {
  readonly key: string;
  readonly kind: 'boolean' | 'variant';
  readonly enabled: boolean;
  /** Of kind variant; together all of 10,000. */
  readonly variants: readonly Variant[];
  readonly salt: string;
  readonly description: string;
  /** 0: it was never set, and is as it comes. */
  readonly version: number;
  readonly updatedBy: string | null;
  readonly updatedAt: Date | null;
}

const FlagChange = z
  .object({
    key: z
      .string()
      .regex(
        /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/,
        'letters, digits, dots, dashes and underscores, beginning with a letter',
      ),
    enabled: z.boolean(),
    variants: z
      .array(
        z.object({
          name: z.string().trim().min(1).max(100),
          shareBasisPoints: z.number().int().min(0).max(ALL),
        }),
      )
      .max(20)
      .optional(),
    description: z.string().max(500).optional(),
    expectedVersion: z.number().int().min(0).optional(),
  })
  .superRefine(({ key, variants }, refinement) => {
    if (variants === undefined || variants.length === 0) return;
    const refuse = (message: string): void => refinement.addIssue({ code: 'custom', path: ['variants'], message });
    if (key in KNOWN_FLAGS) refuse(`${key} is either on or off: it has no variants`);
    if (variants.reduce((sum, { shareBasisPoints }) => sum + shareBasisPoints, 0) !== ALL)
      refuse(`the shares must come to ${ALL} basis points`);
    if (new Set(variants.map(({ name }) => name)).size < variants.length) refuse('each name once');
  });
export type FlagChange = z.input<typeof FlagChange>;

/** Throws AppError `unprocessable` with the first bad field's path. */
export function parseFlagChange(change: unknown): z.output<typeof FlagChange> {
  const parsed = FlagChange.safeParse(change);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? []).join('.');
  throw new AppError('unprocessable', `${path}: ${issue?.message ?? 'not acceptable'}`, { path });
}

/** A flag that nobody has set. */
export const untouched = (key: KnownFlag): Flag => ({
  key,
  kind: 'boolean',
  enabled: true,
  variants: [],
  salt: '',
  description: KNOWN_FLAGS[key],
  version: 0,
  updatedBy: null,
  updatedAt: null,
});
