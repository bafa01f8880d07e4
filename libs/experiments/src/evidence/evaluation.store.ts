import { newId, systemCtx, unreachable, type TenantId } from '@switchyard/kernel';
import { announce, type Database, type Prisma, type Tx } from '@switchyard/database';
import { warnings } from '../alerts.ts';
import type { ChangeTools } from '../audit.ts';
import { lockTenant, readKillSwitch } from '../flags/snapshot.store.ts';
import {
  applyCommand,
  pageOf,
  readRollout,
  toPage,
  toRollout,
  type Page,
  type Paging,
} from '../rollout/rollout.store.ts';
import type { Rollout, Status } from '../rollout/rollout.ts';
import type { Command } from '../rollout/transitions.ts';
import { decide, type Look, type Situation } from './decide.ts';
import { readEvidence } from './evidence.store.ts';
import { inBand, total, type Evidence } from './evidence.ts';
import { accuracyOf, relativeBounds, RULE_VERSION, type Reading } from './guards.ts';

/** A look that changes nothing is kept when it saw a tenth and ten units more than the last one kept, or an hour has gone by. */
const GROWTH = 1.1;
const LEAST_MORE = 10;
const KEEP_EVERY_MS = 3_600_000;

export type Did = 'none' | 'rolled_back' | 'held' | 'advanced' | 'completed';

export interface Bounded {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  /** Units of both arms. */
  readonly n: number;
}

export interface Evaluation {
  readonly id: string;
  readonly at: Date;
  readonly attempt: number;
  readonly epoch: number;
  readonly stepIndex: number;
  readonly shareBasisPoints: number;
  readonly did: Did;
  readonly verdict: Look['verdict']['kind'];
  readonly code: string;
  readonly reason: string;
  readonly guards: readonly Reading[];
  /** Relative for cost and latency, absolute for accuracy. */
  readonly differences: {
    readonly cost: Bounded | null;
    readonly latency: Bounded | null;
    readonly accuracy: Bounded | null;
  };
  readonly treatmentUnits: number;
  readonly controlUnits: number;
  readonly ruleVersion: number;
}

const WATCHED: readonly Status[] = ['running', 'held', 'completed', 'scheduled'];

/** What has to differ for the next look to be kept at once. */
const fingerprintOf = ({ rollout, killed }: Situation, { readings, gates, verdict }: Look): string =>
  JSON.stringify([
    rollout.status,
    rollout.epoch,
    killed,
    verdict.kind,
    verdict.code,
    readings.map(({ guard, state, effect, dryRun, proven }) => [guard, state, effect, dryRun, proven]),
    gates.filter(({ open }) => open).map(({ gate }) => gate),
  ]);

async function situationOf(tx: Tx, clock: ChangeTools['clock']): Promise<Situation | undefined> {
  const row = await tx.rollout.findFirst({ where: { status: { in: [...WATCHED] } } });
  if (!row) return undefined;
  const rollout = toRollout(row);
  const evidence = await readEvidence(tx, rollout);
  return { rollout, evidence, killed: (await readKillSwitch(tx))?.thrown === true, now: clock.now() };
}

const unitsOf = (evidence: Evidence, band: 'treatment' | 'control'): number => total(inBand(evidence, band), 'units');

async function isWorthKeeping(tx: Tx, situation: Situation, fingerprint: string): Promise<boolean> {
  const { rollout, evidence, now } = situation;
  const last = await tx.rolloutEvaluation.findFirst({
    where: { rolloutId: rollout.id },
    orderBy: { id: 'desc' },
    select: { at: true, fingerprint: true, treatmentUnits: true, controlUnits: true },
  });
  if (!last || last.fingerprint !== fingerprint) return true;
  const seen = unitsOf(evidence, 'treatment') + unitsOf(evidence, 'control');
  const before = last.treatmentUnits + last.controlUnits;
  const grown = seen >= before * GROWTH + LEAST_MORE;
  return grown || (seen > before && now.getTime() - last.at.getTime() >= KEEP_EVERY_MS);
}

/** What the product does by itself upon a verdict, and what that is called. */
function consequence({ verdict }: Look): { command: Command; did: Did } | undefined {
  switch (verdict.kind) {
    case 'rollback':
      return { command: { kind: 'roll_back' }, did: 'rolled_back' };
    case 'hold':
      return { command: { kind: 'hold' }, did: 'held' };
    case 'advance':
      return { command: { kind: 'advance' }, did: 'advanced' };
    case 'complete':
      return { command: { kind: 'complete' }, did: 'completed' };
    case 'killed':
    case 'wait':
    case 'steady':
      return undefined;
    default:
      return unreachable(verdict);
  }
}

function differencesOf(evidence: Evidence, readings: readonly Reading[]): Evaluation['differences'] {
  const accuracy = readings.find(({ guard }) => guard === 'accuracy');
  const found = accuracyOf(evidence);
  const bounds = found && accuracy && accuracy.lower !== null && accuracy.upper !== null;
  return {
    cost: relativeBounds(evidence, 'cost'),
    latency: relativeBounds(evidence, 'latency'),
    accuracy: bounds
      ? { value: found.value, n: found.n, lower: accuracy.lower ?? 0, upper: accuracy.upper ?? 0 }
      : null,
  };
}

/** JSON knows no infinity. */
const plain = (value: unknown): Prisma.InputJsonValue => JSON.parse(JSON.stringify(value)) as Prisma.InputJsonValue;

async function keep(
  tx: Tx,
  tenantId: TenantId,
  { situation, look, did, fingerprint }: { situation: Situation; look: Look; did: Did; fingerprint: string },
): Promise<void> {
  const { rollout, evidence, now } = situation;
  await tx.rolloutEvaluation.create({
    data: {
      id: newId(now.getTime()),
      tenantId,
      rolloutId: rollout.id,
      at: now,
      attempt: rollout.attempt,
      epoch: rollout.epoch,
      stepIndex: rollout.stepIndex,
      shareBasisPoints: rollout.shareBasisPoints,
      did,
      verdict: look.verdict.kind,
      code: look.verdict.code,
      reason: look.verdict.reason,
      guards: plain(look.readings),
      differences: plain(differencesOf(evidence, look.readings)),
      treatmentUnits: unitsOf(evidence, 'treatment'),
      controlUnits: unitsOf(evidence, 'control'),
      ruleVersion: RULE_VERSION,
      fingerprint,
    },
  });
}

const isDue = ({ rollout, now }: Situation): boolean =>
  rollout.status === 'scheduled' && rollout.startAt !== null && rollout.startAt <= now;

/**
 * One look at the tenant's rollout: decides, does what follows and keeps the look, in one transaction that has locked the
 * tenant; a look that finds nothing new takes no lock. May run on every node at once: what one has done the next finds done.
 */
export async function evaluateRollout(
  database: Pick<Database, 'inTenant'>,
  tenantId: TenantId,
  tools: ChangeTools,
): Promise<{ changed: boolean }> {
  const ctx = systemCtx(tenantId, 'rollout');
  const isNew = await database.inTenant(ctx, async (tx) => {
    const situation = await situationOf(tx, tools.clock);
    if (!situation) return false;
    if (situation.rollout.status === 'scheduled') return isDue(situation);
    const look = decide(situation);
    return consequence(look) !== undefined || isWorthKeeping(tx, situation, fingerprintOf(situation, look));
  });
  if (!isNew) return { changed: false };
  return database.inTenant(ctx, async (tx) => {
    await lockTenant(tx, ctx);
    const situation = await situationOf(tx, tools.clock);
    if (!situation) return { changed: false };
    const { rollout } = situation;
    if (rollout.status === 'scheduled') {
      if (!isDue(situation)) return { changed: false };
      await applyCommand(tx, ctx, { rollout, command: { kind: 'begin' }, reason: 'Its time has come.', tools });
      return { changed: true };
    }
    const look = decide(situation);
    const fingerprint = fingerprintOf(situation, look);
    const follows = consequence(look);
    if (!follows && !(await isWorthKeeping(tx, situation, fingerprint))) return { changed: false };
    await keep(tx, tenantId, { situation, look, did: follows?.did ?? 'none', fingerprint });
    for (const alert of warnings(rollout, look.readings)) await tools.alert(tx, ctx, alert);
    if (follows) await applyCommand(tx, ctx, { rollout, ...because(look, follows.command, rollout), tools });
    else await announce(tx, tenantId, 'rollouts', 'evaluation'); // for whoever watches; nothing to reload
    return { changed: follows !== undefined };
  });
}

function because({ verdict, readings }: Look, command: Command, rollout: Rollout) {
  const reading = readings.find(({ guard }) => guard === verdict.code);
  const words = reading ? `Guard ${reading.guard.replaceAll('_', ' ')}: ${verdict.reason}` : verdict.reason;
  return {
    command,
    reason: words,
    because: {
      ruleVersion: RULE_VERSION,
      attemptOfEvidence: rollout.attempt,
      ...(reading ? { evidence: reading } : {}),
    },
  };
}

/** Newest first. Throws AppError `not_found` for another tenant's rollout. */
export async function listEvaluations(
  database: Pick<Database, 'inTenant'>,
  ctx: { readonly tenantId: TenantId },
  { rolloutId, ...paging }: Paging & { readonly rolloutId: string },
): Promise<Page<Evaluation>> {
  const { size, before } = pageOf(paging);
  const rows = await database.inTenant(ctx, async (tx) => {
    await readRollout(tx, rolloutId);
    return tx.rolloutEvaluation.findMany({
      where: { ...before, rolloutId },
      omit: { tenantId: true, rolloutId: true, fingerprint: true },
      orderBy: { id: 'desc' },
      take: size + 1,
    });
  });
  return toPage(rows as unknown as Evaluation[], size);
}
