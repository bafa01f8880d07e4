import { clock, effectOf, OPERATORS, whenOf } from './draft.ts';
import type { RuleRow } from './queries.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** What a rule does, in a few words. */
export function effectInWords(rule: RuleRow): string {
  const { deny, approval, maskFields = [], rowCap, callCap } = effectOf(rule);
  return [
    ...(deny ? ['is forbidden'] : []),
    ...(approval
      ? [`waits for ${approval.persons === 2 ? 'two persons' : 'a person'}, ${approval.minutes} min at most`]
      : []),
    ...(maskFields.length > 0 ? [`masks ${maskFields.join(', ')}`] : []),
    ...(rowCap == null ? [] : [`gives ${rowCap} rows at most`]),
    ...(callCap == null ? [] : [`${callCap} calls at most in a run`]),
  ].join('; ');
}

/** When it applies; empty for always. */
export function conditionInWords(rule: RuleRow): string {
  const { arguments: conditions = [], arms = [], times } = whenOf(rule);
  const shown = (value: unknown): string =>
    value == null
      ? ''
      : ` ${Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? `“${value}”` : String(value)}`;
  const days = times?.days.length === 7 ? 'every day' : (times?.days ?? []).map((day) => DAYS[day - 1]).join(' ');
  return [
    ...conditions.map(
      ({ path, op, value }) =>
        `${path.join('.')} ${OPERATORS.find((one) => one.value === op)?.label ?? op}${shown(value)}`,
    ),
    ...(arms.length > 0 ? [`by ${arms.join(' or ')}`] : []),
    ...(times
      ? [`${times.outside ? 'outside of ' : ''}${days} ${clock(times.from)}–${clock(times.to)} (${times.zone})`]
      : []),
  ].join(' and ');
}
