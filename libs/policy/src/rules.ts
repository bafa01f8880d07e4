import { ARMS, AppError, isUuid, ROLES } from '@switchyard/kernel';
import { z } from 'zod';
import type { LocalTime } from './decision.ts';
import { ALL_KEYS } from './subjects.ts';

export const RULE_OPERATORS = [
  'eq',
  'ne',
  'gt',
  'gte',
  'lt',
  'lte',
  'in',
  'not_in',
  'contains',
  'starts_with',
  'present',
  'absent',
] as const;

const MAX_RULES = 500;
const MAX_MINUTES = 7 * 24 * 60;
const Name = z.string().trim().min(1).max(200);
const Scalar = z.union([z.string().max(500), z.number(), z.boolean(), z.null()]);

const Subject = z.object({ kind: z.enum(['role', 'key']), name: Name }).superRefine(({ kind, name }, refinement) => {
  const roles: readonly string[] = [...ROLES, ALL_KEYS];
  if (kind === 'role' && !roles.includes(name))
    refinement.addIssue({ code: 'custom', path: ['name'], message: `a role is one of ${roles.join(', ')}` });
  if (kind === 'key' && !isUuid(name))
    refinement.addIssue({ code: 'custom', path: ['name'], message: 'a key is named by its id' });
});

const Condition = z
  .object({
    /** Names from the arguments inwards; `*` is every member of a list or an object. */
    path: z.array(z.string().min(1).max(100)).min(1).max(8),
    op: z.enum(RULE_OPERATORS),
    value: z.union([Scalar, z.array(Scalar).max(100)]).default(null),
  })
  .superRefine(({ op, value }, refinement) => {
    const refuse = (message: string): void => refinement.addIssue({ code: 'custom', path: ['value'], message });
    if ((op === 'in' || op === 'not_in') !== Array.isArray(value))
      refuse(`${op} takes ${Array.isArray(value) ? 'one value' : 'a list'}`);
    if (['gt', 'gte', 'lt', 'lte'].includes(op) && typeof value !== 'number') refuse(`${op} takes a number`);
    if (['contains', 'starts_with'].includes(op) && (typeof value !== 'string' || value === ''))
      refuse(`${op} takes a text`);
  });

const isZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

const Minute = z.number().int().min(0).max(1_440);
const Times = z.object({
  zone: z.string().refine(isZone, 'a time zone such as Europe/Berlin'),
  /** 1 is Monday. */
  days: z.array(z.number().int().min(1).max(7)).min(1).max(7),
  /** Minutes of the day; from noon to eight is over midnight. */
  from: Minute,
  to: Minute,
  /** The rule is for all the other times. */
  outside: z.boolean().default(false),
});

const When = z.object({
  arguments: z.array(Condition).max(20).default([]),
  arms: z.array(z.enum(ARMS)).max(ARMS.length).default([]),
  times: Times.nullable().default(null),
});

const RuleEffect = z.object({
  deny: z.boolean().default(false),
  approval: z
    .object({
      persons: z.number().int().min(1).max(2).default(1),
      minutes: z.number().int().min(1).max(MAX_MINUTES).default(60),
    })
    .nullable()
    .default(null),
  maskFields: z.array(z.string().trim().min(1).max(100)).max(100).default([]),
  rowCap: z.number().int().min(0).max(1_000_000).nullable().default(null),
  callCap: z.number().int().min(0).max(10_000).nullable().default(null),
});

/** One rule as it is written; `name` tells rules apart. */
export const ruleSchema = z
  .object({
    name: z.string().trim().min(1).max(100),
    server: Name,
    tool: Name,
    subjects: z.array(Subject).max(50).default([]),
    when: When.default({ arguments: [], arms: [], times: null }),
    effect: RuleEffect,
    reason: z.string().trim().max(500).default(''),
  })
  .superRefine(({ effect: { deny, approval, maskFields, rowCap, callCap } }, refinement) => {
    if (!deny && !approval && maskFields.length === 0 && rowCap === null && callCap === null)
      refinement.addIssue({
        code: 'custom',
        path: ['effect'],
        message: 'a rule denies, asks for approval, masks fields, or caps rows or calls',
      });
  });
export type RuleInput = z.input<typeof ruleSchema>;
export type RuleTerms = z.output<typeof ruleSchema>;

export interface Rule extends RuleTerms {
  readonly id: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Throws AppError `unprocessable` with the field's path. */
export function parseRule(input: unknown): RuleTerms {
  const parsed = ruleSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = ['rule', ...(issue?.path ?? [])].join('.');
  throw new AppError('unprocessable', `${path}: ${issue?.message ?? 'not acceptable'}`, { path });
}

export function requireRoomForRule(standing: number): void {
  if (standing >= MAX_RULES)
    throw new AppError('unprocessable', `A tenant has at most ${MAX_RULES} rules: take away one first.`);
}

type Indexed = Record<string, Record<string, RuleTerms[]>>;

/** The rules as the Rego looks them up: server → tool → rules. No prototype, so that any name is a key. */
export function indexRules(rules: readonly RuleTerms[]): Indexed {
  const root = Object.create(null) as Indexed;
  for (const rule of rules) {
    const tools = (root[rule.server] ??= Object.create(null) as Record<string, RuleTerms[]>);
    (tools[rule.tool] ??= []).push(rule);
  }
  return root;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Tells the time in the zones that rules name; undefined where none does. */
export function localClock(
  rules: readonly RuleTerms[],
): ((at: Date) => Readonly<Record<string, LocalTime>>) | undefined {
  const zones = [...new Set(rules.flatMap(({ when }) => when.times?.zone ?? []))];
  if (zones.length === 0) return undefined;
  const clocks = zones.map((zone) => ({
    zone,
    format: new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }),
  }));
  return (at) =>
    Object.fromEntries(
      clocks.map(({ zone, format }) => {
        const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
        const minute = Number(parts['hour']) * 60 + Number(parts['minute']);
        return [zone, { day: DAYS.indexOf(parts['weekday'] ?? '') + 1, minute }];
      }),
    );
}
