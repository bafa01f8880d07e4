import { percent } from './bucketing.ts';
import type { ExperimentAlert } from './audit.ts';
import type { Reading } from './evidence/guards.ts';
import type { KillSwitch } from './flags/snapshot.ts';
import type { Rollout } from './rollout/rollout.ts';

/** People's reasons have no full stop; guards' sentences do. */
const sentence = (reason: string): string => (/[.!?]$/.test(reason) ? reason : `${reason}.`);
const named = (guard: string): string => guard.replaceAll('_', ' ');

interface Stop {
  readonly kind: 'roll_back' | 'hold';
  /** The share before, in basis points. */
  readonly from: number;
  /** Undefined: a guard did it. */
  readonly by: string | undefined;
}

/** Each stop of a rollout, by a guard or by a person: whoever has not done it must hear of it. */
export function stopAlert(rollout: Rollout, { kind, from, by }: Stop): ExperimentAlert {
  const { id, name, version, attempt, shareBasisPoints, reason } = rollout;
  const who = by === undefined ? 'by itself' : `by ${by}`;
  const rolledBack = kind === 'roll_back';
  return {
    kind: rolledBack ? 'rollout.rolled_back' : 'rollout.held',
    dedupeKey: `rollout ${id} version ${version}`,
    title: `The rollout "${name}" was ${rolledBack ? 'rolled back' : 'held'} ${who}`,
    message: rolledBack
      ? `${sentence(reason)} It stood at ${percent(from)}; every conversation is answered the traditional way now. Find the cause, mend it, and restart the rollout.`
      : `${sentence(reason)} It stays at ${percent(shareBasisPoints)} and goes no further. Look at the experiment, then resume it or roll it back.`,
    data: {
      rolloutId: id,
      attempt,
      reason,
      by: by ?? null,
      shareBasisPoints: { before: from, after: shareBasisPoints },
    },
  };
}

/** Guards that only warn: once for each attempt. */
export const warnings = ({ id, name, attempt }: Rollout, readings: readonly Reading[]): ExperimentAlert[] =>
  readings
    .filter(({ state, effect, dryRun }) => state === 'triggered' && effect === 'warn' && !dryRun)
    .map(({ guard, sentence: seen, value, threshold }) => ({
      kind: 'guard.triggered',
      dedupeKey: `rollout ${id} attempt ${attempt} guard ${guard}`,
      title: `The rollout "${name}": guard ${named(guard)} warns`,
      message: `${seen} The rollout goes on, because this guard only warns. Look at the experiment.`,
      data: { rolloutId: id, attempt, guard, value, threshold },
    }));

export const killAlert = ({ reason, by, at }: KillSwitch): ExperimentAlert => ({
  kind: 'kill_switch.thrown',
  dedupeKey: `kill switch ${at.toISOString()}`,
  title: `The kill switch was thrown by ${by}`,
  message: `${sentence(reason)} Nobody gets code until it is released.`,
  data: { reason, by },
});
