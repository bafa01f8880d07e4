import type { Arm } from '@switchyard/kernel';
import { bandOf, bucketOf, type Band } from '../bucketing.ts';
import { armOf, deals, ROLLOUT_FLAG, type Rollout } from '../rollout/rollout.ts';
import type { Flag, KnownFlag } from './flag.ts';

export interface KillSwitch {
  readonly thrown: boolean;
  readonly reason: string;
  readonly by: string;
  readonly at: Date;
}

/** All of a tenant that deciding over an arm needs, at one version. Everything below is pure and takes microseconds. */
export interface Snapshot {
  readonly tenantId: string;
  /** Grows with each change; never goes back. */
  readonly version: number;
  readonly killSwitch: KillSwitch | null;
  readonly flags: ReadonlyMap<string, Flag>;
  /** The one that is not closed. */
  readonly rollout: Rollout | null;
}

export const isThrown = ({ killSwitch }: Snapshot): boolean => killSwitch?.thrown === true;

export const isOn = ({ flags }: Snapshot, key: KnownFlag): boolean => flags.get(key)?.enabled ?? true;

/** Whether anybody is dealt to arms, and if not, why not. */
export type Gate =
  | { readonly open: false; readonly reason: 'kill_switch' | 'flag_off' | 'no_rollout' | 'rolled_back' }
  | { readonly open: true; readonly rollout: Rollout };

export function gateOf(snapshot: Snapshot): Gate {
  const { rollout } = snapshot;
  if (isThrown(snapshot)) return { open: false, reason: 'kill_switch' };
  if (!isOn(snapshot, 'MCP_EXECUTION_ENABLED')) return { open: false, reason: 'flag_off' };
  if (rollout && deals(rollout)) return { open: true, rollout };
  return { open: false, reason: rollout?.status === 'rolled_back' ? 'rolled_back' : 'no_rollout' };
}

/** What a unit gets that was never seen before. */
export function deal(tenantId: string, rollout: Rollout, unit: string): { readonly band: Band; readonly arm: Arm } {
  const bucket = bucketOf({ salt: rollout.salt, tenantId, flag: ROLLOUT_FLAG, unit });
  const band = bandOf(bucket, rollout.shareBasisPoints);
  return { band, arm: armOf(rollout, band) };
}

/** A variant's name; undefined when the flag is off, has no variants or is not there. */
export function variantOf({ flags, tenantId }: Snapshot, key: string, unit: string): string | undefined {
  const flag = flags.get(key);
  if (!flag?.enabled || flag.kind !== 'variant') return undefined;
  const bucket = bucketOf({ salt: flag.salt, tenantId, flag: key, unit });
  let below = 0;
  for (const { name, shareBasisPoints } of flag.variants) {
    below += shareBasisPoints;
    if (bucket < below) return name;
  }
  return undefined;
}
