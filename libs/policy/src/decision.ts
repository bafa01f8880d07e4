import type { DecisionId, Json, Principal, Surface, TenantId } from '@switchyard/kernel';
import { z } from 'zod';
import type { Subject } from './subjects.ts';

export const POLICY_MODES = ['enforce', 'dry_run'] as const;
/** `dry_run` decides and logs, and lets every call through. */
export type PolicyMode = (typeof POLICY_MODES)[number];

export const EFFECTS = ['allow', 'deny'] as const;
export type Effect = (typeof EFFECTS)[number];

/** `precheck`: a tool that code names, looked at before the code runs. */
export type Purpose = 'call' | 'precheck' | 'discover';

export interface ToolRef {
  readonly server: string;
  readonly tool: string;
}

/** How decisions, messages and sets name a tool. A server's name is an identifier, so the first dot divides. */
export const addressOf = ({ server, tool }: ToolRef): string => `${server}.${tool}`;

export interface Question extends ToolRef {
  readonly purpose: Purpose;
  /** What the upstream claims about its tool; never trusted to allow. */
  readonly annotations?: unknown;
  readonly args?: unknown;
  readonly arm?: 'traditional' | 'code' | 'hybrid';
}

export interface LocalTime {
  /** 1 is Monday. */
  readonly day: number;
  /** Of the day, from 0. */
  readonly minute: number;
}

/** What the Rego sees as `input`. */
export interface PolicyInput extends ToolRef {
  readonly tenant: TenantId;
  readonly principal: {
    readonly kind: Principal['kind'];
    readonly id: string;
    readonly name: string;
    readonly role?: string;
  };
  readonly subjects: readonly Subject[];
  readonly annotations: unknown;
  readonly arguments?: unknown;
  /** True when the arguments were too large to be looked at. */
  readonly argumentsOmitted?: boolean;
  readonly arm: string;
  readonly surface: Surface;
  /** ISO 8601. */
  readonly time: string;
  /** What a clock on the wall says, in the time zones that the tenant's rules name. */
  readonly local?: Readonly<Record<string, LocalTime>>;
  readonly purpose: Purpose;
}

const Reason = z.object({
  code: z.enum([
    'granted',
    'no_grant',
    'denied_by_grant',
    'denied_by_rule',
    'denied_by_module',
    'module_failed',
    'no_subject',
    'shadow_read_only',
    'shadow_approval',
  ]),
  message: z.string(),
});
const MatchedGrant = z.object({
  subjectKind: z.enum(['role', 'key']),
  subject: z.string(),
  server: z.string(),
  tool: z.string(),
  effect: z.enum(EFFECTS),
});
const Obligations = z.object({
  /** Names of fields in the result whose values must not reach the caller, wherever they stand. */
  maskFields: z.array(z.string()),
  /** Rows of each list in the result, at most. */
  rowCap: z.number().int().nullable(),
  /** Calls of the tool in one run or one chat answer, at most. */
  callCap: z.number().int().nullable(),
  /** A person decides first; null where nobody has to. */
  approval: z.object({ persons: z.number().int(), minutes: z.number().int(), reasons: z.array(z.string()) }).nullable(),
});
export type Reason = z.infer<typeof Reason>;
export type MatchedGrant = z.infer<typeof MatchedGrant>;
export type Obligations = z.infer<typeof Obligations>;

/** What the Rego answers. */
export const Verdict = z.object({
  effect: z.enum(EFFECTS),
  reasons: z.array(Reason).min(1),
  grants: z.array(MatchedGrant),
  /** Names of the rules that applied. */
  rules: z.array(z.string()),
  obligations: Obligations,
});
export type Verdict = z.infer<typeof Verdict>;

export interface Decision extends Verdict {
  readonly id: DecisionId;
  readonly at: Date;
  /** False in dry run: the effect is logged and has none. */
  readonly enforced: boolean;
  /** What a caller goes by: `effect` is allow, or it is not enforced. */
  readonly allowed: boolean;
  readonly revision: number;
  readonly mode: PolicyMode;
  /** Of the tenant's own rules that were asked too; null where there was no need, or there are none. */
  readonly moduleRevision: number | null;
  /** Microseconds. */
  readonly durationUs: number;
  /** Arguments as they were: mask before storing. */
  readonly input: PolicyInput;
}

/** Masks and bounds arguments for the log. */
export type MaskArguments = (args: unknown) => Json;
