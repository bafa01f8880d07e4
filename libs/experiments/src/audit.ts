import { AppError, newId, type Clock, type Ctx } from '@switchyard/kernel';
import type { Tx } from '@switchyard/database';
import type { RolloutAction } from './rollout/transitions.ts';

export type ExperimentAction = RolloutAction | 'kill_switch.thrown' | 'kill_switch.released' | 'flag.changed';

/** What a change leaves in the audit log, in its own transaction. The reason stands in `after`. */
export interface ExperimentEvent {
  readonly action: ExperimentAction;
  readonly target: { readonly kind: 'rollout' | 'kill_switch' | 'flag'; readonly id: string };
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
}
export type AuditExperiment = (tx: Tx, ctx: Ctx, event: ExperimentEvent) => Promise<unknown>;

/** What people who look at no page must hear of. */
export interface ExperimentAlert {
  readonly kind: 'rollout.rolled_back' | 'rollout.held' | 'guard.triggered' | 'kill_switch.thrown';
  /** Told once for each. */
  readonly dedupeKey: string;
  readonly title: string;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}
/** In the transaction of what happened: goes out once that commits. */
export type AlertOfExperiment = (tx: Tx, ctx: Ctx, alert: ExperimentAlert) => Promise<unknown>;

/** Of everything that changes something here. */
export interface ChangeTools {
  readonly clock: Clock;
  readonly audit: AuditExperiment;
  readonly alert: AlertOfExperiment;
  /** Unguessable, so that nobody picks the arm of a conversation by its name. */
  readonly newSalt: () => string;
}

/** Owners, admins, keys of scope `admin`, the operator and the product itself. Throws AppError `forbidden`. */
export function requireRolloutAdmin({ principal }: Pick<Ctx, 'principal'>): void {
  const may =
    principal.kind === 'user'
      ? principal.role === 'owner' || principal.role === 'admin'
      : principal.kind !== 'key' || principal.scopes.includes('admin');
  if (!may)
    throw new AppError(
      'forbidden',
      'Only owners, admins and keys with the scope admin change flags, rollouts and the kill switch. Ask one of them.',
    );
}

const MAX_REASON = 500;

/** Throws AppError `unprocessable`: who reads the log later wants to know why. */
export function parseReason(reason: string): string {
  const said = reason.trim();
  if (said === '' || said.length > MAX_REASON)
    throw new AppError('unprocessable', `reason: say why, in at most ${MAX_REASON} characters.`, { path: 'reason' });
  return said;
}

/** The row that people without the audit log read, and the link of that log, last. */
export async function recordChange(
  tx: Tx,
  ctx: Ctx,
  { event, reason, tools }: { event: ExperimentEvent; reason: string; tools: Pick<ChangeTools, 'clock' | 'audit'> },
): Promise<void> {
  const now = tools.clock.now();
  await tx.rolloutChange.create({
    data: {
      id: newId(now.getTime()),
      tenantId: ctx.tenantId,
      rolloutId: event.target.kind === 'rollout' ? event.target.id : null,
      at: now,
      action: event.action,
      actorKind: ctx.principal.kind,
      actorName: ctx.principal.name,
      reason,
      before: json(event.before),
      after: json(event.after),
    },
  });
  await tools.audit(tx, ctx, { ...event, after: { ...event.after, reason } });
}

/** As it will be read back: dates as text, nothing undefined. */
const json = (value: Readonly<Record<string, unknown>>): object => JSON.parse(JSON.stringify(value)) as object;
