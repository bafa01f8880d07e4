import { canonicalJson, type Json } from '@switchyard/kernel';

/** A call of a replay, held against the record. */
export interface ReplayedCall {
  readonly tool: string;
  /** recorded: answered from the record. diverged: not on record, refused. left_out: on record without its result. */
  readonly outcome: 'recorded' | 'diverged' | 'left_out';
  /** Its place in the recorded run; null where it has none. */
  readonly seq: number | null;
  /** Masked. */
  readonly args: Json;
}

interface Part<Value> {
  readonly same: boolean;
  readonly before: Value;
  readonly after: Value;
}

export interface ReplayDiff {
  /** Status, result, logs and calls are all the same. */
  readonly same: boolean;
  readonly status: Part<string>;
  /** Masked and bounded, as the record is; `same` is of the whole result where that is on record. */
  readonly result: Part<Json>;
  readonly logs: Part<readonly string[]>;
  readonly calls: readonly ReplayedCall[];
  /** Recorded calls that the replay did not make. */
  readonly notMade: readonly { readonly tool: string; readonly seq: number }[];
}

const isEqual = (one: unknown, other: unknown): boolean => canonicalJson(one) === canonicalJson(other);

export function diffOf(wanted: {
  readonly status: { readonly before: string; readonly after: string };
  readonly result: { readonly before: Json; readonly after: Json };
  /** JSON texts of the whole results; undefined where one is not known. */
  readonly whole: { readonly before: string | undefined; readonly after: string | undefined };
  readonly logs: { readonly before: readonly string[]; readonly after: readonly string[] };
  readonly calls: readonly ReplayedCall[];
  readonly notMade: ReplayDiff['notMade'];
}): ReplayDiff {
  const { whole } = wanted;
  const sameResult =
    whole.before !== undefined && whole.after !== undefined
      ? whole.before === whole.after || isEqual(JSON.parse(whole.before), JSON.parse(whole.after))
      : isEqual(wanted.result.before, wanted.result.after);
  const status = { ...wanted.status, same: wanted.status.before === wanted.status.after };
  const logs = { ...wanted.logs, same: isEqual(wanted.logs.before, wanted.logs.after) };
  const sameCalls = wanted.notMade.length === 0 && wanted.calls.every(({ outcome }) => outcome === 'recorded');
  return {
    same: status.same && sameResult && logs.same && sameCalls,
    status,
    result: { ...wanted.result, same: sameResult },
    logs,
    calls: wanted.calls,
    notMade: wanted.notMade,
  };
}
