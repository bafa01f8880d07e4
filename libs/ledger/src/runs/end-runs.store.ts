import { AppError, newId, type Clock, type Ctx, type RunId } from '@switchyard/kernel';
import { columnsOf, insertion, Prisma, type Database, type Rows, type Statement } from '@switchyard/database';
import { lockedHead, makeHead, nextLinks, type AuditHead, type LinkInput } from '../audit/audit.store.ts';
import { counterfactualStatements } from '../money/counterfactual.store.ts';
import { storable, storableText } from '../storable.ts';
import type { CallInput, RunEnd, StoredRun } from './run.ts';
import { endedLink, toStoredRun } from './runs.store.ts';

/** The end of one run. Those that are written together are of one tenant. */
export interface Ending {
  readonly ctx: Ctx;
  readonly id: RunId;
  readonly end: RunEnd;
}

const json = (value: unknown): string | null => {
  const stored = storable(value);
  return stored === null ? null : JSON.stringify(stored);
};
const list = (values: readonly unknown[] | undefined): string => JSON.stringify(storable(values ?? []));
const whole = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value));

const RUN = Prisma.raw(columnsOf(Prisma.RunScalarFieldEnum, ['tenantId', 'nodeId', 'pausedAt', 'parkedAt', 'resumes']));
const CALL = Prisma.raw(columnsOf(Prisma.RunCallScalarFieldEnum, ['tenantId', 'runId', 'arm']));

/** Not ended, or closed by another process that thought ours dead: what really happened then replaces the guess. */
const OPEN = Prisma.sql`(status IN ('running', 'awaiting_approval') OR (status = 'crashed' AND error ->> 'closedBy' = 'sweep'))`;

const closing = ({ id, end }: Ending, clock: Clock): Statement => {
  const calls = end.calls ?? [];
  const peak = end.peakMemoryBytes === undefined ? null : String(Math.round(end.peakMemoryBytes));
  return Prisma.sql`
    UPDATE run SET
      status = ${end.status}::run_status, findings = ${list(end.findings)}::jsonb, logs = ${list(end.logs)}::jsonb,
      result = ${json(end.result)}::jsonb, result_bytes = ${end.resultBytes ?? 0}::int, error = ${json(end.error)}::jsonb,
      policy_revision = coalesce(${end.policyRevision ?? null}::int, policy_revision), call_count = ${calls.length}::int,
      denied_count = ${calls.filter(({ status }) => status === 'denied').length}::int,
      duration_ms = ${whole(end.durationMs)}::int, cpu_ms = ${whole(end.cpuMs)}::int,
      peak_memory_bytes = ${peak}::bigint, tokens_returned = ${end.tokensReturned ?? 0}::int,
      tokens_kept_out = ${end.tokensKeptOut ?? 0}::int, finished_at = ${clock.now()}::timestamptz
    WHERE id = ${id}::uuid AND ${OPEN} RETURNING ${RUN}`;
};

const callRow = ({ ctx, id }: Ending, call: CallInput): object => ({
  id: call.id ?? newId(call.startedAt.getTime()),
  tenantId: ctx.tenantId,
  runId: id,
  arm: ctx.arm ?? null,
  seq: call.seq,
  server: storableText(call.server),
  tool: storableText(call.tool),
  status: call.status,
  args: storable(call.args) ?? {},
  result: storable(call.result),
  error: storable(call.error),
  decisionId: call.decisionId ?? null,
  resultBytes: call.resultBytes ?? 0,
  resultTokens: call.resultTokens ?? 0,
  startedAt: call.startedAt,
  durationMs: call.durationMs,
});

/** Nothing for a run that is not this tenant's: what it lacks is then told as such, and not as a broken reference. */
const calling = (ending: Ending, calls: readonly CallInput[]): Statement =>
  insertion('run_call', {
    rows: calls.map((call) => callRow(ending, call)),
    rest: Prisma.sql`WHERE EXISTS (SELECT FROM run WHERE run.id = ${ending.id}::uuid) RETURNING ${CALL}`,
  });

function comparing({ ctx, id, end }: Ending, { conversation, startedAt: at }: StoredRun): readonly Statement[] {
  if (!end.counterfactual) return [];
  const none = { provider: null, model: null, price: null, scripted: false };
  const of = { ...none, id, at, conversation, kind: 'run' as const, arm: ctx.arm ?? null, purpose: 'execution' };
  return counterfactualStatements(ctx, { of, is: end.counterfactual });
}

/** What is sent for one run, and how to find its row and its calls among the answers. */
function statementsOf(ending: Ending, clock: Clock) {
  const calls = ending.end.calls ?? [];
  const called = calls.length === 0 ? [] : [calling(ending, calls)];
  const statements = [closing(ending, clock), ...called, ...(ending.end.alongside ?? [])];
  const read = (answers: readonly Rows[]): StoredRun | undefined => {
    const row = answers[0]?.[0];
    const stored = (called.length === 0 ? [] : [...(answers[1] ?? [])]) as unknown as { readonly seq: number }[];
    return row && toStoredRun(row as never, stored.sort((a, b) => a.seq - b.seq) as never);
  };
  return { statements, read };
}

/** One of those that were to be written together is not to be ended. */
class NotOpen extends Error {
  readonly ending: Ending;

  constructor(ending: Ending) {
    super('a run that is not open');
    this.ending = ending;
  }
}
class NoHead extends Error {}

/**
 * Runs' ends, their calls, what goes alongside, and their links of the chain: in one transaction, the chain last. Two
 * round trips for any number of runs of one tenant. Throws AppError `conflict` or `not_found`, and then nothing is written.
 */
export async function endRuns(
  database: Pick<Database, 'exchange' | 'inTenant'>,
  endings: readonly [Ending, ...Ending[]],
  clock: Clock,
): Promise<void> {
  const [{ ctx }] = endings;
  const made = endings.map((ending) => ({ ending, ...statementsOf(ending, clock) }));
  const write = (): Promise<unknown> =>
    database.exchange(ctx, [...made.flatMap(({ statements }) => statements), lockedHead(ctx)], {
      then(answers) {
        const links: LinkInput[] = [];
        const beside: Statement[] = [];
        let at = 0;
        for (const { ending, statements, read } of made) {
          const run = read(answers.slice(at, (at += statements.length)));
          if (!run) throw new NotOpen(ending);
          beside.push(...comparing(ending, run));
          links.push({ ctx: ending.ctx, event: endedLink(run) });
        }
        const [head] = (answers[at] ?? []) as unknown as AuditHead[];
        if (!head) throw new NoHead();
        return [...beside, ...nextLinks(ctx, { head, links, at: clock.now() })];
      },
    });
  try {
    await write().catch(async (error: unknown) => {
      if (!(error instanceof NoHead)) throw error;
      await database.exchange(ctx, [makeHead(ctx)]);
      return write();
    });
  } catch (error) {
    if (error instanceof NotOpen) throw await whyNotOpen(database, error.ending);
    throw error;
  }
}

async function whyNotOpen(database: Pick<Database, 'inTenant'>, { ctx, id }: Ending): Promise<AppError> {
  const known = await database.inTenant(ctx, (tx) => tx.run.count({ where: { id } }));
  return known > 0
    ? new AppError('conflict', 'This run has ended already.')
    : new AppError('not_found', 'There is no such run in this tenant.');
}
