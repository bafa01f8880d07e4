import type { Database, Tx } from '@switchyard/database';
import { AppError, systemCtx, type Clock, type Ctx, type Json, type TenantId } from '@switchyard/kernel';
import { z } from 'zod';
import type { ToolDescriptor } from '../catalog/descriptor.ts';
import {
  argumentsHash,
  REMEMBER_SCOPES,
  requireDecider,
  riskOf,
  type Approval,
  type AuditApprovals,
  type Remembered,
} from './approval.ts';
import {
  approvalsOfRun,
  countPending,
  endPending,
  insertApproval,
  listApprovals,
  lockApproval,
  newApprovalId,
  readApproval,
  readBinding,
  recordVote,
  standingApproval,
  useApproval,
  type ApprovalPage,
  type ApprovalQuery,
  type Asked,
} from './approvals.store.ts';
import { findRemembered, listRemembered, remember, revokeRemembered } from './remembered.store.ts';
import { waitUntilDecided } from './wait.ts';

/** What the policy obliges a call to. */
export interface WantedApproval {
  readonly persons: number;
  readonly minutes: number;
  readonly reasons: readonly string[];
}

type Tool = Pick<ToolDescriptor, 'server' | 'name' | 'definitionHash' | 'annotations'>;
type Arguments = Readonly<Record<string, Json>>;

/** Whether a call may be made now. `needed`: nobody has decided, so ask. */
export type Leave =
  | { readonly kind: 'granted' }
  | { readonly kind: 'needed' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export interface Ask {
  readonly tool: Tool;
  /** As the caller has them: what is granted are these. */
  readonly args: Arguments;
  /** As the tool will get them, private data put back; `args` where nothing stands for it. */
  readonly whole?: Arguments | undefined;
  readonly wanted: WantedApproval;
  readonly decisionId: string | null;
  readonly policyRevision: number;
  /** Of a run: which of its calls. */
  readonly seq?: number;
  /** Written in the same transaction: what the run needs to go on. */
  readonly alongside?: (tx: Tx) => Promise<void>;
}

const MAX_REMEMBERED_DAYS = 90;
const Decision = z.object({
  granted: z.boolean(),
  comment: z.string().trim().max(1_000).nullish(),
  remember: z
    .object({ scope: z.enum(REMEMBER_SCOPES), days: z.number().int().min(1).max(MAX_REMEMBERED_DAYS) })
    .nullish(),
});
export type ApprovalDecision = z.input<typeof Decision>;

export interface Approvals {
  /** The gateway's question, before each call that a rule wants approved. A grant lets one call through, once. */
  admit(
    ctx: Ctx,
    call: {
      readonly tool: Tool;
      readonly args: Arguments;
      readonly wanted: WantedApproval;
      readonly approvalId?: string | undefined;
    },
  ): Promise<Leave>;
  /** Puts a call before people. The same call of a model that is asked for already is not asked for twice. */
  ask(ctx: Ctx, ask: Ask): Promise<Approval>;
  /** Resolves when it is not pending any more; at its expiry at the latest. Rejects when the signal aborts. */
  decided(ctx: Ctx, id: string, signal: AbortSignal): Promise<Approval>;
  ofRun(ctx: Pick<Ctx, 'tenantId'>, runId: string): Promise<readonly (Approval & { readonly argsHash: string })[]>;
  /** Throws AppError `not_found`, also for another tenant's. */
  get(ctx: Pick<Ctx, 'tenantId'>, id: string): Promise<Approval>;
  list(ctx: Pick<Ctx, 'tenantId'>, query?: ApprovalQuery): Promise<ApprovalPage>;
  pendingCount(ctx: Pick<Ctx, 'tenantId'>): Promise<number>;
  /**
   * A person's word. Throws AppError `forbidden` for who may not, `conflict` (with who decided) when it is decided
   * already, `unprocessable`.
   */
  decide(ctx: Ctx, id: string, decision: ApprovalDecision): Promise<Approval>;
  /** The arguments as the tool will get them; on record. */
  openArguments(ctx: Ctx, id: string): Promise<Json>;
  listRemembered(ctx: Pick<Ctx, 'tenantId'>): Promise<readonly Remembered[]>;
  revoke(ctx: Ctx, id: string): Promise<Remembered>;
  /** What a run asked for and does not wait for any more. In the caller's transaction. */
  withdraw(tx: Tx, ctx: Ctx, runId: string): Promise<void>;
  /** Ends what nobody decided in time. To be called from time to time. */
  expire(tenants: readonly TenantId[]): Promise<void>;
}

export interface ApprovalsOptions {
  readonly database: Pick<Database, 'inTenant' | 'onChange'>;
  readonly clock: Clock;
  readonly audit: AuditApprovals;
  /** Masks and bounds arguments for reading. */
  readonly mask: (args: unknown) => Json;
  /** The vault's sealed store. */
  readonly sealed: {
    keep(
      ctx: Pick<Ctx, 'tenantId'>,
      blob: { readonly id: string; readonly purpose: string; readonly bytes: Uint8Array; readonly expiresAt: Date },
      tx: Tx,
    ): Promise<void>;
    recall(
      ctx: Pick<Ctx, 'tenantId'>,
      blob: { readonly id: string; readonly purpose: string },
    ): Promise<Buffer | undefined>;
  };
}

const PURPOSE = 'approval-arguments';
/** How long whole arguments can be looked at after the fact. */
const ARGUMENTS_KEPT_MS = 30 * 24 * 3_600_000;
const DAY_MS = 24 * 3_600_000;

const bindingOf = (tool: Tool, args: Arguments): Pick<Asked, 'server' | 'tool' | 'definitionHash' | 'argsHash'> => ({
  server: tool.server,
  tool: tool.name,
  definitionHash: tool.definitionHash,
  argsHash: argumentsHash(args),
});

/** Calls that wait for people, and what people have said. */
export function createApprovals(options: ApprovalsOptions): Approvals {
  const { database, clock, audit, mask, sealed } = options;

  async function refuseDecided(approval: Approval): Promise<never> {
    const by = approval.decidedBy === null ? 'It' : `${approval.decidedBy} decided before you: it`;
    throw new AppError('conflict', `${by} is ${approval.status} already.`, {
      status: approval.status,
      decidedBy: approval.decidedBy,
      decidedAt: approval.decidedAt?.toISOString() ?? null,
    });
  }

  const expireOne = (ctx: Ctx, id: string): Promise<unknown> =>
    database.inTenant(ctx, (tx) => {
      const now = clock.now();
      const as = systemCtx(ctx.tenantId);
      return endPending(tx, as, { where: { id, expiresAt: { lte: now } }, status: 'expired', now, audit });
    });

  return {
    async admit(ctx, { tool, args, wanted, approvalId }) {
      const now = clock.now();
      const call = { ...bindingOf(tool, args), persons: wanted.persons, now };
      return database.inTenant(ctx, async (tx): Promise<Leave> => {
        if (approvalId !== undefined) {
          if (await useApproval(tx, ctx, { ...call, id: approvalId })) return { kind: 'granted' };
          const message = 'What was granted does not cover this call any more: the rule or the tool has changed since.';
          return { kind: 'refused', code: 'approval_stale', message };
        }
        const known = await findRemembered(tx, ctx, call);
        if (known?.granted) return { kind: 'granted' };
        if (known)
          return {
            kind: 'refused',
            code: 'approval_denied',
            message: `${known.createdBy} has denied calls like this one.`,
          };
        if (ctx.runId === undefined) {
          const standing = await standingApproval(tx, ctx, call);
          if (standing?.status === 'granted' && (await useApproval(tx, ctx, { ...call, id: standing.id })))
            return { kind: 'granted' };
        }
        return { kind: 'needed' };
      });
    },

    async ask(ctx, { tool, args, whole, wanted, decisionId, policyRevision, seq, alongside }) {
      const now = clock.now();
      const binding = bindingOf(tool, args);
      return database.inTenant(ctx, async (tx) => {
        const standing = seq === undefined ? await standingApproval(tx, ctx, { ...binding, now }) : undefined;
        if (standing) return standing;
        const id = newApprovalId(now);
        const expiresAt = new Date(now.getTime() + wanted.minutes * 60_000);
        const bytes = Buffer.from(JSON.stringify(whole ?? args));
        const keptUntil = new Date(expiresAt.getTime() + ARGUMENTS_KEPT_MS);
        await sealed.keep(ctx, { id, purpose: PURPOSE, bytes, expiresAt: keptUntil }, tx);
        await alongside?.(tx);
        const asked: Asked = {
          ...binding,
          risk: riskOf(tool.annotations),
          args: mask(args),
          reasons: wanted.reasons,
          persons: wanted.persons,
          seq: seq ?? null,
          decisionId,
          policyRevision,
          expiresAt,
        };
        return insertApproval(tx, ctx, { id, asked, now, audit });
      });
    },

    decided: (ctx, id, signal) =>
      waitUntilDecided({
        signal,
        read: () => database.inTenant(ctx, (tx) => readApproval(tx, id)),
        expire: () => expireOne(ctx, id),
        onChange: (listener) =>
          database.onChange((change) => {
            if (change.topic === 'all' || (change.topic === 'approvals' && change.id === id)) listener();
          }),
        now: () => clock.now(),
      }),
    ofRun: (ctx, runId) => database.inTenant(ctx, (tx) => approvalsOfRun(tx, runId)),
    get: (ctx, id) => database.inTenant(ctx, (tx) => readApproval(tx, id)),
    list: (ctx, query = {}) => listApprovals(database, ctx, query),
    pendingCount: (ctx) => database.inTenant(ctx, (tx) => countPending(tx, clock.now())),

    async decide(ctx, id, input) {
      const parsed = Decision.safeParse(input);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        const path = (issue?.path ?? []).join('.');
        throw new AppError('unprocessable', `${path}: ${issue?.message ?? 'not acceptable'}`, { path });
      }
      const { granted, remember: kept } = parsed.data;
      const comment = parsed.data.comment ?? null;
      const now = clock.now();
      const outcome = await database.inTenant(ctx, async (tx) => {
        const approval = await lockApproval(tx, id);
        if (approval.status !== 'pending') return refuseDecided(approval);
        if (approval.expiresAt <= now) return undefined;
        requireDecider(ctx, approval);
        const decided = await recordVote(tx, ctx, { approval, granted, comment, now });
        const isOver = decided.status !== 'pending';
        if (isOver && kept) {
          const expiresAt = new Date(now.getTime() + kept.days * DAY_MS);
          const binding = await readBinding(tx, id);
          await remember(tx, ctx, { approval, binding, scope: kept.scope, granted, expiresAt, now, audit });
        }
        await audit(tx, ctx, {
          action: !isOver ? 'approval.voted' : granted ? 'approval.granted' : 'approval.denied',
          target: { kind: 'approval', id },
          before: { status: approval.status },
          after: {
            status: decided.status,
            tool: `${approval.server}.${approval.tool}`,
            run: approval.runId,
            votes: decided.votes.map(({ voterName, granted: yes }) => ({ by: voterName, granted: yes })),
            ...(comment === null ? {} : { comment }),
          },
          policyRevision: approval.policyRevision,
        });
        return decided;
      });
      if (outcome) return outcome;
      await expireOne(ctx, id);
      throw new AppError('conflict', 'Its time was over before you decided: the call was not made.', {
        status: 'expired',
      });
    },

    async openArguments(ctx, id) {
      const approval = await database.inTenant(ctx, (tx) => readApproval(tx, id));
      const bytes = await sealed.recall(ctx, { id: approval.id, purpose: PURPOSE });
      if (!bytes) throw new AppError('not_found', 'The whole arguments are not kept any more.');
      const target = { kind: 'approval' as const, id };
      await database.inTenant(ctx, (tx) =>
        audit(tx, ctx, { action: 'approval.arguments_opened', target, after: { bytes: bytes.length } }),
      );
      return JSON.parse(bytes.toString()) as Json;
    },

    listRemembered: (ctx) => listRemembered(database, ctx),
    revoke: (ctx, id) => database.inTenant(ctx, (tx) => revokeRemembered(tx, ctx, { id, now: clock.now(), audit })),
    withdraw: async (tx, ctx, runId) =>
      void (await endPending(tx, ctx, { where: { runId }, status: 'withdrawn', now: clock.now(), audit })),
    async expire(tenants) {
      for (const tenantId of tenants) {
        const ctx = systemCtx(tenantId, 'sweep');
        const now = clock.now();
        await database.inTenant(ctx, (tx) =>
          endPending(tx, ctx, { where: { expiresAt: { lte: now } }, status: 'expired', now, audit }),
        );
      }
    },
  };
}
