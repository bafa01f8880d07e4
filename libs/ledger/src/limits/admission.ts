import type { Clock, Ctx } from '@switchyard/kernel';
import { announce, type Database } from '@switchyard/database';
import { appendAudit } from '../audit/audit.store.ts';
import {
  ceilingOf,
  effectiveLimits,
  overLimit,
  parseLimits,
  requireBelowCeiling,
  type LimitName,
  type LimitSettings,
  type LimitValues,
  type SomeLimits,
} from './limits.ts';
import { drawTokens, holdPlaces, lockSettings, readSettings, writeSettings } from './limits.store.ts';
import { PlaceLease } from './places.ts';
import { RateLease } from './rate.ts';
import { Refreshed } from './refreshed.ts';

export interface LimitsState {
  /** What holds. */
  readonly effective: LimitValues;
  /** The most that the tenant may choose. */
  readonly ceiling: LimitValues;
}

/** Leaves the place that was taken; harmless when called twice. */
export type Leave = () => void;

export interface Admission {
  limits(ctx: Ctx): Promise<LimitsState>;
  /** Throws AppError `unprocessable`, or `forbidden` above the operator's ceiling. The operator sets the ceiling too. */
  setLimits(ctx: Ctx, change: SomeLimits): Promise<LimitsState>;
  /** The most that the tenant may choose; the operator's to say. */
  setCeiling(ctx: Ctx, change: SomeLimits): Promise<LimitsState>;
  /** Of any request. Throws AppError `rate_limited` (details.retryAfterSeconds); the limit holds over all nodes together. */
  admitRequest(ctx: Pick<Ctx, 'tenantId'>): Promise<void>;
  /** One execution: its rate, a place, and the budget. Throws `rate_limited` or `budget_exceeded`. Leave the place in a `finally`. */
  admitExecution(ctx: Pick<Ctx, 'tenantId'>): Promise<Leave>;
  /** One chat completion: a place and the budget. As `admitExecution`. */
  admitChat(ctx: Pick<Ctx, 'tenantId'>): Promise<Leave>;
}

interface AdmissionOptions {
  readonly database: Pick<Database, 'inTenant' | 'exchange'>;
  readonly clock: Clock;
  readonly nodeId: string;
  readonly requireBudget: (ctx: Pick<Ctx, 'tenantId'>) => Promise<void>;
}

interface TenantState {
  readonly rates: Map<LimitName, RateLease>;
  readonly places: Map<LimitName, PlaceLease>;
  readonly settings: Refreshed<LimitValues>;
}

const FRESH_MS = 5_000;

export function createAdmission({ database, clock, nodeId, requireBudget }: AdmissionOptions): Admission & {
  forget(tenantId: string | undefined): void;
} {
  // Never thrown away: a lease that is forgotten is one that is given twice. A few hundred bytes for a tenant that was seen.
  const tenants = new Map<string, TenantState>();

  const stateFor = ({ tenantId }: Pick<Ctx, 'tenantId'>): TenantState => {
    const state = tenants.get(tenantId) ?? {
      rates: new Map(),
      places: new Map(),
      settings: new Refreshed<LimitValues>(FRESH_MS),
    };
    tenants.set(tenantId, state);
    return state;
  };

  async function limitOf(ctx: Pick<Ctx, 'tenantId'>, name: LimitName): Promise<number> {
    const read = async (): Promise<LimitValues> =>
      effectiveLimits(await database.inTenant(ctx, (tx) => readSettings(tx, ctx)));
    return (await stateFor(ctx).settings.get(clock.now().getTime(), read))[name];
  }

  async function takeRate(ctx: Pick<Ctx, 'tenantId'>, name: LimitName): Promise<void> {
    const perMinute = await limitOf(ctx, name);
    const { rates } = stateFor(ctx);
    const lease = rates.get(name) ?? new RateLease();
    rates.set(name, lease);
    const wait = await lease.take(perMinute, (want) => drawTokens(database, ctx, { name, perMinute, want }));
    if (wait !== undefined) throw overLimit(name, perMinute, wait);
  }

  async function takePlace(ctx: Pick<Ctx, 'tenantId'>, name: LimitName): Promise<Leave> {
    const limit = await limitOf(ctx, name);
    const { places } = stateFor(ctx);
    const lease = places.get(name) ?? new PlaceLease();
    places.set(name, lease);
    const hold = (want: number): Promise<number> => holdPlaces(database, ctx, { name, nodeId, want, limit });
    const leave = await lease.take(limit, hold);
    if (!leave) throw overLimit(name, limit, 1);
    return leave;
  }

  const shown = (settings: LimitSettings): LimitsState => ({
    effective: effectiveLimits(settings),
    ceiling: ceilingOf(settings),
  });

  const change = (ctx: Ctx, part: keyof LimitSettings, given: SomeLimits): Promise<LimitsState> =>
    database.inTenant(ctx, async (tx) => {
      const before = await lockSettings(tx, ctx, clock.now());
      const values = parseLimits(given);
      if (part === 'wanted') requireBelowCeiling(values, before);
      const after: LimitSettings = { ...before, [part]: { ...before[part], ...values } };
      await writeSettings(tx, ctx, { settings: after, at: clock.now() });
      const action = part === 'wanted' ? 'limits.changed' : 'limits.ceiling_changed';
      const target = { kind: 'limits', id: ctx.tenantId };
      await appendAudit(tx, ctx, { action, target, before: before[part], after: after[part] }, clock);
      await announce(tx, ctx.tenantId, 'limits');
      stateFor(ctx).settings.forget();
      return shown(after);
    });

  return {
    limits: (ctx) => database.inTenant(ctx, async (tx) => shown(await readSettings(tx, ctx))),
    setLimits: (ctx, given) => change(ctx, 'wanted', given),
    setCeiling: (ctx, given) => change(ctx, 'ceiling', given),
    admitRequest: (ctx) => takeRate(ctx, 'requestsPerMinute'),
    async admitExecution(ctx) {
      await requireBudget(ctx);
      await takeRate(ctx, 'executionsPerMinute');
      return takePlace(ctx, 'concurrentExecutions');
    },
    async admitChat(ctx) {
      await requireBudget(ctx);
      return takePlace(ctx, 'concurrentChats');
    },
    forget(tenantId) {
      const concerned = tenantId === undefined ? [...tenants.values()] : [tenants.get(tenantId)];
      for (const state of concerned) state?.settings.forget();
    },
  };
}
