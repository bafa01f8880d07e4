import { messageOf, type Arm, type Clock, type Ctx } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import { LRUCache } from 'lru-cache';
import type { Band } from '../bucketing.ts';
import type { LiveSnapshots } from '../flags/live.ts';
import { deal, gateOf } from '../flags/snapshot.ts';
import { ROLLOUT_FLAG, type Rollout } from '../rollout/rollout.ts';
import { expose, type Exposure } from './exposure.store.ts';

const MAX_REMEMBERED = 50_000;
const MAX_UNIT_CHARS = 200;

export type AssignmentReason =
  'rollout' | 'sticky' | 'kill_switch' | 'flag_off' | 'no_rollout' | 'rolled_back' | 'not_stored';

export interface Assignment {
  readonly arm: Arm;
  readonly band: Band;
  /** rollout: dealt now. sticky: as at first sight. not_stored: the database did not take it, so nobody gets code. */
  readonly reason: AssignmentReason;
  readonly flag: string;
  readonly epoch: number;
  /** What `observe` is told; null where nothing is measured. */
  readonly exposureId: string | null;
}

export interface AssignOptions {
  readonly database: Pick<Database, 'exchange'>;
  readonly live: LiveSnapshots;
  readonly clock: Clock;
  readonly log: (message: string) => void;
}

export interface AssignInput {
  readonly conversation: string;
  /** The end user, for plans that deal users; without one the conversation is dealt. */
  readonly user?: string | undefined;
}

export const unitOf = ({ plan }: Pick<Rollout, 'plan'>, { conversation, user }: AssignInput): string =>
  (plan.unit === 'user' ? (user ?? conversation) : conversation).slice(0, MAX_UNIT_CHARS);

const keyOf = ({ id, attempt }: Rollout, unit: string): string => `${id}:${attempt}:${unit}`;

const control = (reason: AssignmentReason, epoch = 0): Assignment => ({
  arm: 'traditional',
  band: 'unmeasured',
  reason,
  flag: ROLLOUT_FLAG,
  epoch,
  exposureId: null,
});

/** Deals conversations to arms. From memory, but for the first sight of a unit, which is one short insert. Never throws. */
export function createAssign({ database, live, clock, log }: AssignOptions) {
  const remembered = new LRUCache<string, Exposure>({ max: MAX_REMEMBERED });
  const from = ({ id, band, arm, epoch }: Exposure, reason: 'rollout' | 'sticky'): Assignment => ({
    arm,
    band,
    reason,
    flag: ROLLOUT_FLAG,
    epoch,
    exposureId: id,
  });

  async function firstSight(ctx: Pick<Ctx, 'tenantId'>, input: AssignInput, rollout: Rollout): Promise<Assignment> {
    const unit = unitOf(rollout, input);
    const conversation = input.conversation.slice(0, MAX_UNIT_CHARS);
    const dealt = deal(ctx.tenantId, rollout, unit);
    const { exposure, isNew } = await expose(database, ctx, { rollout, unit, conversation, ...dealt, at: clock.now() });
    remembered.set(keyOf(rollout, unit), exposure);
    // the switch may have been thrown while this was stored
    const now = live.peek(ctx.tenantId);
    const gate = now && gateOf(now);
    return gate && !gate.open ? control(gate.reason, exposure.epoch) : from(exposure, isNew ? 'rollout' : 'sticky');
  }

  return async (ctx: Pick<Ctx, 'tenantId'>, input: AssignInput): Promise<Assignment> => {
    try {
      const snapshot = live.peek(ctx.tenantId) ?? (await live.get(ctx));
      const gate = gateOf(snapshot);
      if (!gate.open) return control(gate.reason, snapshot.rollout?.epoch);
      const known = remembered.get(keyOf(gate.rollout, unitOf(gate.rollout, input)));
      return known ? from(known, 'sticky') : await firstSight(ctx, input, gate.rollout);
    } catch (error) {
      log(`a conversation could not be dealt to an arm, so it stays traditional: ${messageOf(error)}`);
      return control('not_stored');
    }
  };
}
