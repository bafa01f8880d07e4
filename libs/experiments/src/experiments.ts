import { randomBytes } from 'node:crypto';
import { messageOf, type Clock, type Ctx, type TenantId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import {
  parseReason,
  requireRolloutAdmin,
  type AlertOfExperiment,
  type AuditExperiment,
  type ChangeTools,
} from './audit.ts';
import { evaluateRollout, listEvaluations, type Evaluation } from './evidence/evaluation.store.ts';
import { decide, type Look, type Situation } from './evidence/decide.ts';
import { readEvidence } from './evidence/evidence.store.ts';
import { createAssign, unitOf, type AssignInput, type Assignment } from './exposures/assign.ts';
import { findExposure, writeComplaint, writeJudgement } from './exposures/outcome.store.ts';
import { parseJudgement, type ExposureRef, type Judgement, type Outcome } from './exposures/outcome.ts';
import { Outcomes } from './exposures/outcomes.ts';
import type { Flag, FlagChange, KnownFlag } from './flags/flag.ts';
import { changeFlag, changeKillSwitch } from './flags/flags.store.ts';
import { LiveSnapshots } from './flags/live.ts';
import { FlagProvider } from './flags/openfeature.ts';
import { readFlags, readKillSwitch } from './flags/snapshot.store.ts';
import { isOn, isThrown, variantOf, type KillSwitch } from './flags/snapshot.ts';
import { coalesced, startSweep } from './loop.ts';
import { readExperiment, type Experiment } from './reports/summary.store.ts';
import { parseGuards } from './rollout/plan.ts';
import {
  changeRollout,
  insertRollout,
  listChanges,
  listRollouts,
  readRollout,
  type NewRollout,
  type Page,
  type Paging,
  type RolloutChange,
} from './rollout/rollout.store.ts';
import type { Rollout } from './rollout/rollout.ts';
import type { Command } from './rollout/transitions.ts';
import { checklistOf, whatNext, type ChecklistItem, type Next } from './rollout/what-next.ts';

const LOOK_AFTER_MS = 200;

export interface ExperimentsOptions {
  readonly database: Pick<Database, 'inTenant' | 'exchange' | 'host' | 'onChange'>;
  readonly clock: Clock;
  /** Writes the audit event of a change, in its transaction. */
  readonly audit: AuditExperiment;
  /** Tells people outside, in the transaction of what happened. */
  readonly alert: AlertOfExperiment;
  readonly log: (message: string) => void;
  /** How long after a terminal event its rollout is looked at, those of meanwhile with it. */
  readonly lookAfterMs?: number;
  readonly pollMs?: number;
  readonly newSalt?: () => string;
}

/** What a person may do to a rollout; the product does the rest by itself. */
export type PersonsCommand =
  | Exclude<Command, { kind: 'begin' | 'complete' | 'restart' }>
  | { readonly kind: 'restart'; readonly afterFix: boolean };

/** A rollout with all that is known of it now. */
export interface RolloutView extends Look {
  readonly rollout: Rollout;
  readonly killSwitch: KillSwitch | null;
  readonly next: Next;
  readonly checklist: readonly ChecklistItem[];
}

export interface Experiments {
  /** In memory, but for the first sight of a unit. Never throws: whoever cannot be dealt stays traditional. */
  assign(ctx: Pick<Ctx, 'tenantId'>, input: AssignInput): Promise<Assignment>;
  /** From memory; false for a tenant that was never asked for in this process: `assign` comes first. */
  isKilled(tenantId: TenantId): boolean;
  /** Aborted when the tenant's kill switch is thrown, also when it is thrown already. */
  killSignal(ctx: Pick<Ctx, 'tenantId'>): Promise<AbortSignal>;
  /** The founding documents' flags, on unless set. */
  isOn(ctx: Pick<Ctx, 'tenantId'>, key: KnownFlag): Promise<boolean>;
  variant(ctx: Pick<Ctx, 'tenantId'>, key: string, unit: string): Promise<string | undefined>;
  readonly provider: FlagProvider;

  /** Returns at once; counted within milliseconds, each outcome once, and the rollout looked at thereafter. */
  observe(ctx: Pick<Ctx, 'tenantId'>, outcome: Outcome): void;
  /** False where the conversation is in no arm, or has complained already. */
  complain(ctx: Pick<Ctx, 'tenantId'>, of: { conversation: string; user?: string | undefined }): Promise<boolean>;
  /** False where there is no such exposure. Throws AppError `unprocessable`. */
  recordAccuracy(ctx: Pick<Ctx, 'tenantId'>, judgement: Judgement & ExposureRef): Promise<boolean>;
  /** Resolves when every outcome told until now is written. */
  settled(): Promise<void>;
  /** One look at the tenant's rollout, now. */
  evaluate(tenantId: TenantId): Promise<void>;
  /** Sweeps every 15 s, on one node of all. Once in a process that serves. */
  startSweep(everyMs?: number): void;

  listFlags(ctx: Ctx): Promise<Flag[]>;
  /** Throws AppError `conflict`, `unprocessable`, `forbidden`. */
  setFlag(ctx: Ctx, input: FlagChange & { readonly reason: string }): Promise<Flag>;
  killSwitch(ctx: Ctx): Promise<KillSwitch | null>;
  /** In force here when it returns, elsewhere when heard. Throws AppError `forbidden`, `unprocessable`. */
  setKillSwitch(ctx: Ctx, input: { readonly thrown: boolean; readonly reason: string }): Promise<KillSwitch>;

  listRollouts(ctx: Ctx, paging?: Paging): Promise<Page<Rollout>>;
  /** The one that is not closed. */
  openRollout(ctx: Ctx): Promise<Rollout | null>;
  viewRollout(ctx: Ctx, id: string): Promise<RolloutView>;
  createRollout(ctx: Ctx, input: NewRollout & { readonly reason: string }): Promise<Rollout>;
  /** Throws AppError `conflict` when `expectedVersion` is no longer the version or it does not stand so, `not_found`, `forbidden`. */
  changeRollout(
    ctx: Ctx,
    input: {
      readonly id: string;
      readonly expectedVersion?: number | undefined;
      readonly reason: string;
      readonly command: PersonsCommand;
    },
  ): Promise<Rollout>;
  listChanges(ctx: Ctx, query: Paging & { readonly rolloutId: string }): Promise<Page<RolloutChange>>;
  listEvaluations(ctx: Ctx, query: Paging & { readonly rolloutId: string }): Promise<Page<Evaluation>>;
  readExperiment(
    ctx: Ctx,
    query: { readonly rolloutId: string; readonly attempt?: number | undefined },
  ): Promise<Experiment>;
  close(): Promise<void>;
}

export function createExperiments(options: ExperimentsOptions): Experiments {
  const { database, clock, audit, alert, log } = options;
  const newSalt = options.newSalt ?? ((): string => randomBytes(8).toString('hex'));
  const tools: ChangeTools = { clock, audit, alert, newSalt };
  const live = new LiveSnapshots({ database, log, ...(options.pollMs ? { pollMs: options.pollMs } : {}) });
  const evaluate = async (tenantId: TenantId): Promise<void> => {
    const { changed } = await evaluateRollout(database, tenantId, tools);
    if (changed) await live.reload(tenantId);
  };
  const looks = coalesced(
    (tenantId) =>
      evaluate(tenantId).catch((error: unknown) => log(`a rollout could not be looked at: ${messageOf(error)}`)),
    options.lookAfterMs ?? LOOK_AFTER_MS,
  );
  const outcomes = new Outcomes({ database, clock, log, onWritten: (tenantId) => looks.ask(tenantId) });
  let stopSweep: (() => Promise<void>) | undefined;
  /** A person's change, in force here when it returns. */
  const changing = async <Result>(ctx: Ctx, work: () => Promise<Result>): Promise<Result> => {
    requireRolloutAdmin(ctx);
    const result = await work();
    await live.reload(ctx.tenantId);
    return result;
  };
  const exposureOf = async (ctx: Pick<Ctx, 'tenantId'>, of: ExposureRef): Promise<string | undefined> => {
    const { rollout } = await live.get(ctx);
    if (!('exposureId' in of) && !rollout) return undefined;
    return database.inTenant(ctx, (tx) =>
      findExposure(
        tx,
        'exposureId' in of || !rollout
          ? { exposureId: 'exposureId' in of ? of.exposureId : '' }
          : {
              rolloutId: rollout.id,
              attempt: rollout.attempt,
              unit: unitOf(rollout, of),
              conversation: of.conversation,
            },
      ),
    );
  };

  return {
    assign: createAssign({ database, live, clock, log }),
    isKilled: (tenantId) => {
      const snapshot = live.peek(tenantId);
      return snapshot !== undefined && isThrown(snapshot);
    },
    async killSignal(ctx) {
      await live.get(ctx);
      return live.killSignal(ctx.tenantId);
    },
    isOn: async (ctx, key) => isOn(await live.get(ctx), key),
    variant: async (ctx, key, unit) => variantOf(await live.get(ctx), key, unit),
    provider: new FlagProvider(live),

    observe: (ctx, outcome) => outcomes.add(ctx.tenantId, outcome),
    async complain(ctx, of) {
      const exposureId = await exposureOf(ctx, of);
      if (exposureId === undefined) return false;
      const isFirst = await database.inTenant(ctx, (tx) => writeComplaint(tx, ctx, exposureId));
      if (isFirst) looks.ask(ctx.tenantId);
      return isFirst;
    },
    async recordAccuracy(ctx, input) {
      const judgement = parseJudgement(input);
      const exposureId = await exposureOf(ctx, input);
      if (exposureId === undefined) return false;
      await database.inTenant(ctx, (tx) => writeJudgement(tx, ctx, { ...judgement, exposureId, at: clock.now() }));
      looks.ask(ctx.tenantId);
      return true;
    },
    settled: () => outcomes.settled(),
    evaluate,
    startSweep(everyMs) {
      stopSweep ??= startSweep({ database, evaluate, log, ...(everyMs ? { everyMs } : {}) });
    },

    listFlags: (ctx) => database.inTenant(ctx, readFlags),
    setFlag: (ctx, { reason, ...change }) =>
      changing(ctx, () => changeFlag(database, ctx, { change, reason: parseReason(reason), tools })),
    killSwitch: (ctx) => database.inTenant(ctx, readKillSwitch),
    setKillSwitch: (ctx, { thrown, reason }) =>
      changing(ctx, () => changeKillSwitch(database, ctx, { thrown, reason: parseReason(reason), tools })),

    listRollouts: (ctx, paging = {}) => listRollouts(database, ctx, paging),
    openRollout: async (ctx) => (await live.reload(ctx.tenantId)).rollout,
    viewRollout: (ctx, id) =>
      database.inTenant(ctx, async (tx) => {
        const rollout = await readRollout(tx, id);
        const killSwitch = await readKillSwitch(tx);
        const evidence = await readEvidence(tx, rollout);
        const situation: Situation = { rollout, evidence, killed: killSwitch?.thrown === true, now: clock.now() };
        return {
          rollout,
          killSwitch,
          ...decide(situation),
          next: whatNext(situation),
          checklist: checklistOf(situation),
        };
      }),
    createRollout: (ctx, { reason, ...input }) =>
      changing(ctx, () => insertRollout(database, ctx, { input, reason: parseReason(reason), tools })),
    changeRollout: (ctx, { id, expectedVersion, reason, command }) =>
      changing(ctx, () =>
        changeRollout(database, ctx, {
          id,
          expectedVersion,
          command: whole(command, newSalt),
          reason: parseReason(reason),
          tools,
        }),
      ),
    listChanges: (ctx, query) => listChanges(database, ctx, query),
    listEvaluations: (ctx, query) => listEvaluations(database, ctx, query),
    readExperiment: (ctx, query) => readExperiment(database, ctx, query),
    async close() {
      await outcomes.close();
      await looks.close();
      await stopSweep?.();
      await live.close();
    },
  };
}

/** A fresh salt for a restart; guards as a plan would take them. */
function whole(command: PersonsCommand, newSalt: () => string): Command {
  if (command.kind === 'restart') return { ...command, salt: newSalt() };
  return command.kind === 'set_guards' ? { ...command, guards: parseGuards(command.guards) } : command;
}
