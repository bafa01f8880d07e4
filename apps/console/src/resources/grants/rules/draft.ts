import type { RuleRow } from './queries.ts';

export const OPERATORS = [
  { value: 'gt', label: 'is more than', takes: 'number' },
  { value: 'gte', label: 'is at least', takes: 'number' },
  { value: 'lt', label: 'is less than', takes: 'number' },
  { value: 'lte', label: 'is at most', takes: 'number' },
  { value: 'eq', label: 'is', takes: 'one' },
  { value: 'ne', label: 'is not', takes: 'one' },
  { value: 'in', label: 'is one of', takes: 'list' },
  { value: 'not_in', label: 'is none of', takes: 'list' },
  { value: 'contains', label: 'contains', takes: 'text' },
  { value: 'starts_with', label: 'starts with', takes: 'text' },
  { value: 'present', label: 'is given', takes: 'nothing' },
  { value: 'absent', label: 'is not given', takes: 'nothing' },
] as const;
export type Operator = (typeof OPERATORS)[number]['value'];

export interface ConditionDraft {
  /** `items.*.sku` */
  readonly path: string;
  readonly op: Operator;
  readonly value: string;
}

export interface TimesDraft {
  readonly zone: string;
  readonly days: readonly number[];
  /** `09:00` */
  readonly from: string;
  readonly to: string;
  readonly outside: boolean;
}

/** A rule as the form holds it: what is typed, as it is typed. */
export interface RuleDraft {
  readonly name: string;
  /** `server.tool`; `*` for every one. */
  readonly address: string;
  /** `role:analyst`, `key:<id>`; none for everybody. */
  readonly subjects: readonly string[];
  readonly conditions: readonly ConditionDraft[];
  readonly arms: readonly string[];
  readonly times: TimesDraft | null;
  readonly kind: 'approval' | 'deny' | 'bound';
  readonly persons: number;
  readonly minutes: string;
  readonly maskFields: string;
  readonly rowCap: string;
  readonly callCap: string;
  readonly reason: string;
}

export interface RuleWhen {
  readonly arguments?: readonly { readonly path: readonly string[]; readonly op: Operator; readonly value?: unknown }[];
  readonly arms?: readonly string[];
  readonly times?: {
    readonly zone: string;
    readonly days: readonly number[];
    readonly from: number;
    readonly to: number;
    readonly outside: boolean;
  } | null;
}
export interface RuleEffect {
  readonly deny?: boolean;
  readonly approval?: { readonly persons: number; readonly minutes: number } | null;
  readonly maskFields?: readonly string[];
  readonly rowCap?: number | null;
  readonly callCap?: number | null;
}

export const whenOf = (rule: Pick<RuleRow, 'when'>): RuleWhen => (rule.when ?? {}) as RuleWhen;
export const effectOf = (rule: Pick<RuleRow, 'effect'>): RuleEffect => (rule.effect ?? {}) as RuleEffect;

export const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const minuteOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
};

export const EMPTY: RuleDraft = {
  name: '',
  address: '',
  subjects: [],
  conditions: [],
  arms: [],
  times: null,
  kind: 'approval',
  persons: 1,
  minutes: '60',
  maskFields: '',
  rowCap: '',
  callCap: '',
  reason: '',
};

const text = (value: unknown): string =>
  Array.isArray(value) ? value.map(String).join(', ') : value === null || value === undefined ? '' : String(value);

export function draftOf(rule: RuleRow): RuleDraft {
  const { arguments: conditions = [], arms = [], times } = whenOf(rule);
  const { deny, approval, maskFields = [], rowCap, callCap } = effectOf(rule);
  return {
    name: rule.name,
    address: rule.server === '*' && rule.tool === '*' ? '*' : `${rule.server}.${rule.tool}`,
    subjects: rule.subjects.map(({ kind, name }) => `${kind}:${name}`),
    conditions: conditions.map(({ path, op, value }) => ({ path: path.join('.'), op, value: text(value) })),
    arms,
    times: times ? { ...times, from: clock(times.from), to: clock(times.to) } : null,
    kind: deny ? 'deny' : approval ? 'approval' : 'bound',
    persons: approval?.persons ?? 1,
    minutes: String(approval?.minutes ?? 60),
    maskFields: maskFields.join(', '),
    rowCap: text(rowCap),
    callCap: text(callCap),
    reason: rule.reason,
  };
}

const list = (typed: string): string[] =>
  typed
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

/** `true`, `5` and `null` are what they look like; everything else is text. */
function scalar(typed: string): string | number | boolean | null {
  const trimmed = typed.trim();
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true';
  if (trimmed === 'null') return null;
  return trimmed !== '' && !Number.isNaN(Number(trimmed)) ? Number(trimmed) : typed;
}

function valueOf({ op, value }: ConditionDraft): unknown {
  switch (OPERATORS.find((one) => one.value === op)?.takes) {
    case 'number':
      return Number(value);
    case 'list':
      return list(value).map(scalar);
    case 'text':
      return value;
    case 'nothing':
      return null;
    default:
      return scalar(value);
  }
}

const cap = (typed: string): number | null => (typed.trim() === '' ? null : Number(typed));

/** As the API takes it; what is not acceptable in it, the API says with its path. */
export function inputOf(draft: RuleDraft) {
  const dot = draft.address.indexOf('.');
  const [server, tool] =
    draft.address === '*' ? ['*', '*'] : [draft.address.slice(0, Math.max(dot, 0)), draft.address.slice(dot + 1)];
  const { times } = draft;
  return {
    name: draft.name,
    server,
    tool,
    subjects: draft.subjects.map((subject) => {
      const [kind, ...name] = subject.split(':');
      return { kind: kind === 'key' ? ('key' as const) : ('role' as const), name: name.join(':') };
    }),
    when: {
      arguments: draft.conditions.map((condition) => ({
        path: condition.path.split('.').map((part) => part.trim()),
        op: condition.op,
        value: valueOf(condition),
      })),
      arms: [...draft.arms],
      times: times ? { ...times, days: [...times.days], from: minuteOf(times.from), to: minuteOf(times.to) } : null,
    },
    effect: {
      deny: draft.kind === 'deny',
      approval: draft.kind === 'approval' ? { persons: draft.persons, minutes: Number(draft.minutes) } : null,
      maskFields: list(draft.maskFields),
      rowCap: cap(draft.rowCap),
      callCap: cap(draft.callCap),
    },
    reason: draft.reason,
  };
}
