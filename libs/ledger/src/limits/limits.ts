import { AppError } from '@switchyard/kernel';
import { z } from 'zod';

export const LIMIT_NAMES = [
  'requestsPerMinute',
  'executionsPerMinute',
  'concurrentExecutions',
  'concurrentChats',
] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];
export type LimitValues = Readonly<Record<LimitName, number>>;

/** Wide enough for the load that one installation is built for; a tenant of many is given less by the operator. */
export const DEFAULT_LIMITS: LimitValues = {
  requestsPerMinute: 60_000,
  executionsPerMinute: 30_000,
  concurrentExecutions: 2_000,
  concurrentChats: 2_000,
};

const value = z.number().int().min(1).max(1_000_000);
const Values = z.strictObject({
  requestsPerMinute: value.optional(),
  executionsPerMinute: value.optional(),
  concurrentExecutions: value.optional(),
  concurrentChats: value.optional(),
});

/** Some of them; what is not named is as it was before, or the default. */
export type SomeLimits = Readonly<Partial<LimitValues>>;

/** What the tenant chose, and the most that the operator lets it choose. */
export interface LimitSettings {
  readonly wanted: SomeLimits;
  readonly ceiling: SomeLimits;
}

/** Throws AppError `unprocessable` with the field's path. */
export function parseLimits(input: unknown): SomeLimits {
  const parsed = Values.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path.join('.') ?? '';
    throw new AppError('unprocessable', `${path}: ${issue?.message ?? 'not acceptable'}`, { path });
  }
  return Object.fromEntries(
    Object.entries(parsed.data).filter((entry): entry is [LimitName, number] => entry[1] !== undefined),
  );
}

const mapLimits = (of: (name: LimitName) => number): LimitValues => ({
  requestsPerMinute: of('requestsPerMinute'),
  executionsPerMinute: of('executionsPerMinute'),
  concurrentExecutions: of('concurrentExecutions'),
  concurrentChats: of('concurrentChats'),
});

export const ceilingOf = ({ ceiling }: LimitSettings): LimitValues =>
  mapLimits((name) => ceiling[name] ?? DEFAULT_LIMITS[name]);

/** What holds. */
export function effectiveLimits(settings: LimitSettings): LimitValues {
  const most = ceilingOf(settings);
  return mapLimits((name) => Math.min(settings.wanted[name] ?? most[name], most[name]));
}

/** Throws AppError `forbidden` where a tenant asks for more than the operator gives it. */
export function requireBelowCeiling(wanted: SomeLimits, settings: LimitSettings): void {
  const most = ceilingOf(settings);
  for (const name of LIMIT_NAMES)
    if ((wanted[name] ?? 0) > most[name])
      throw new AppError(
        'forbidden',
        `${name}: at most ${most[name]}. Only the operator of this installation may raise that.`,
        {
          path: name,
          most: most[name],
        },
      );
}

const WORDS: Readonly<Record<LimitName, string>> = {
  requestsPerMinute: 'requests a minute',
  executionsPerMinute: 'executions a minute',
  concurrentExecutions: 'executions at the same time',
  concurrentChats: 'chats at the same time',
};

export const overLimit = (name: LimitName, limit: number, retryAfterSeconds: number): AppError =>
  new AppError(
    'rate_limited',
    `More than ${limit} ${WORDS[name]}: come again when Retry-After says so, or ask an admin for a higher limit.`,
    { limit: name, most: limit, retryAfterSeconds: Math.max(1, Math.ceil(retryAfterSeconds)) },
  );
