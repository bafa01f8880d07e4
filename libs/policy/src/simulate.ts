import {
  AppError,
  ARMS,
  isUuid,
  ROLES,
  SURFACES,
  type Arm,
  type Clock,
  type Ctx,
  type Surface,
} from '@switchyard/kernel';
import type { PolicyInput } from './decision.ts';
import { ALL_KEYS, type Subject } from './subjects.ts';

/** A question that nobody has asked yet: might this role or key use that tool? */
export interface Simulation {
  readonly subjectKind: 'role' | 'key';
  /** A member's role, `api_key` for any key, or one key's id. */
  readonly subject: string;
  readonly server: string;
  readonly tool: string;
  readonly args?: unknown;
  readonly annotations?: unknown;
  readonly arm?: Arm | null;
  readonly surface?: Surface | null;
  readonly at?: Date | null;
}

const refuse = (path: string, message: string): AppError => new AppError('unprocessable', message, { path });

function subjectsIn({ subjectKind, subject }: Simulation): readonly Subject[] {
  if (subjectKind === 'key') {
    if (!isUuid(subject)) throw refuse('subject', 'A key is named by its id.');
    return [
      { kind: 'role', name: ALL_KEYS },
      { kind: 'key', name: subject },
    ];
  }
  const roles: readonly string[] = [...ROLES, ALL_KEYS];
  if (!roles.includes(subject)) throw refuse('subject', `A role is one of ${roles.join(', ')}.`);
  return [{ kind: 'role', name: subject }];
}

/** What the rules would be given. Throws AppError `unprocessable` with the field's path. */
export function simulatedInput(ctx: Ctx, simulation: Simulation, clock: Clock): PolicyInput {
  const { subjectKind, subject, server, tool, args, annotations, arm, surface, at } = simulation;
  for (const [path, name] of [['server', server] as const, ['tool', tool] as const])
    if (name.trim() === '' || name.length > 200) throw refuse(path, `Name the ${path}, in at most 200 characters.`);
  if (arm && !ARMS.includes(arm)) throw refuse('arm', `An arm is one of ${ARMS.join(', ')}.`);
  if (surface && !SURFACES.includes(surface)) throw refuse('surface', `A surface is one of ${SURFACES.join(', ')}.`);
  const kind = subjectKind === 'key' || subject === ALL_KEYS ? 'key' : 'user';
  return {
    tenant: ctx.tenantId,
    principal: { kind, id: subject, name: subject, ...(kind === 'user' ? { role: subject } : {}) },
    subjects: subjectsIn(simulation),
    server,
    tool,
    annotations: annotations ?? {},
    ...(args === undefined ? {} : { arguments: args }),
    arm: arm ?? 'code',
    surface: surface ?? 'rest',
    time: (at ?? clock.now()).toISOString(),
    purpose: 'call',
  };
}
