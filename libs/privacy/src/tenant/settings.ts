import { AppError } from '@switchyard/kernel';
import { isSupportedCountry, type CountryCode } from 'libphonenumber-js';
import { z } from 'zod';
import { compilePattern, type CustomPattern } from '../custom-pattern.ts';
import { KINDS, OPTIONAL_KINDS, type OptionalKind } from '../tokens.ts';

/** What of a tenant's conversations is replaced before a model sees it. */
export interface PrivacySettings {
  /** False: models get everything as it is. */
  readonly enabled: boolean;
  readonly kinds: readonly OptionalKind[];
  /** Where phone numbers without a plus are at home, such as `DE`; null: those with a plus alone. */
  readonly country: string | null;
  /** Names of fields in which nothing is looked for. */
  readonly exemptFields: readonly string[];
  readonly patterns: readonly CustomPattern[];
  /** Tools (`server` or `server.tool`) that get the tokens as they are, never what they stand for. */
  readonly withheldFrom: readonly string[];
  /** For how long after its last new thing a conversation's tokens can be put back. */
  readonly keptDays: number;
}

export const DEFAULT_PRIVACY: PrivacySettings = {
  enabled: true,
  kinds: OPTIONAL_KINDS,
  country: null,
  exemptFields: [],
  patterns: [],
  withheldFrom: [],
  keptDays: 30,
};

const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];

const Change = z.strictObject({
  enabled: z.boolean().optional(),
  kinds: z.array(z.enum(OPTIONAL_KINDS)).transform(unique).optional(),
  country: z
    .string()
    .transform((code) => code.toUpperCase())
    .refine((code) => isSupportedCountry(code), 'two letters of a country, such as DE')
    .nullable()
    .optional(),
  exemptFields: z.array(z.string().trim().min(1).max(100)).max(100).transform(unique).optional(),
  patterns: z
    .array(z.object({ kind: z.string(), mask: z.string() }))
    .max(20)
    .optional(),
  withheldFrom: z
    .array(z.string().regex(/^[\w-]{1,100}(\.[\w-]{1,100})?$/, 'a server, or server.tool'))
    .max(200)
    .transform(unique)
    .optional(),
  keptDays: z.number().int().min(1).max(365).optional(),
});
/** What is absent stays as it is. */
export type PrivacyChange = z.input<typeof Change>;

/** Throws AppError `unprocessable` with the field's path. */
export function changedPrivacy(before: PrivacySettings, change: unknown): PrivacySettings {
  const parsed = Change.safeParse(change);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    const path = first?.path.join('.') ?? '';
    throw new AppError('unprocessable', `${path}: ${first?.message ?? 'not acceptable'}`, { path });
  }
  for (const [index, pattern] of (parsed.data.patterns ?? []).entries()) {
    compilePattern(pattern);
    if (KINDS.some((kind) => kind === pattern.kind))
      throw new AppError('unprocessable', `${pattern.kind} is a kind of ours: name yours otherwise.`, {
        path: `patterns.${index}.kind`,
      });
  }
  const given = Object.entries(parsed.data).filter(([, value]) => value !== undefined);
  return { ...before, ...(Object.fromEntries(given) as Partial<PrivacySettings>) };
}

export const countryOf = ({ country }: PrivacySettings): CountryCode | undefined =>
  country !== null && isSupportedCountry(country) ? country : undefined;
