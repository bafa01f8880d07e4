import type { Tx } from '@switchyard/database';
import { newId, type Ctx } from '@switchyard/kernel';
import type { CallStatus } from '@switchyard/ledger';
import type { Decision } from '@switchyard/policy';
import { z } from 'zod';
import type { KeepStore } from '../keep/keep.store.ts';

const PURPOSE = 'run-journal';
/** Longer than any approval may wait. */
const KEPT_MS = 14 * 24 * 3_600_000;

const made = z.object({
  status: z.custom<CallStatus>((value) => typeof value === 'string'),
  startedAt: z.coerce.date(),
  durationMs: z.number(),
  isOwn: z.boolean().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  /** As the policy gave it; put back as it was. */
  decision: z.custom<Decision>((value) => typeof value === 'object').optional(),
});

const entry = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('start'),
    code: z.string(),
    skills: z.array(z.object({ name: z.string(), version: z.number(), code: z.string() })),
  }),
  z.object({ kind: z.literal('begun'), seq: z.number(), server: z.string(), tool: z.string(), args: z.unknown() }),
  z.object({
    kind: z.literal('ended'),
    seq: z.number(),
    json: z.string().optional(),
    refusal: z
      .object({ name: z.string(), message: z.string(), code: z.string(), data: z.unknown().optional() })
      .optional(),
    made: made.optional(),
  }),
  /** Time that the run has used so far, when it was parked. */
  z.object({ kind: z.literal('parked'), activeMs: z.number() }),
]);
export type JournalEntry = z.infer<typeof entry>;
export type MadeCall = z.infer<typeof made>;

/** Appends entries, in the caller's transaction. `place` has to grow. */
export async function appendJournal(
  tx: Tx,
  { sealed, clock }: Pick<KeepStore, 'sealed' | 'clock'>,
  ctx: Pick<Ctx, 'tenantId'>,
  {
    runId,
    place,
    entries,
  }: { readonly runId: string; readonly place: number; readonly entries: readonly JournalEntry[] },
): Promise<void> {
  const id = newId();
  const bytes = Buffer.from(JSON.stringify(entries));
  await sealed.keep(ctx, { id, purpose: PURPOSE, bytes, expiresAt: new Date(clock.now().getTime() + KEPT_MS) }, tx);
  await tx.runJournal.create({ data: { id, tenantId: ctx.tenantId, runId, place } });
}

/** All entries of a run, in order, and the place that is free. */
export async function readJournal(
  { database, sealed }: Pick<KeepStore, 'database' | 'sealed'>,
  ctx: Pick<Ctx, 'tenantId'>,
  runId: string,
): Promise<{ entries: JournalEntry[]; place: number } | undefined> {
  const rows = await database.inTenant(ctx, (tx) =>
    tx.runJournal.findMany({ where: { runId }, select: { id: true, place: true }, orderBy: { place: 'asc' } }),
  );
  const entries: JournalEntry[] = [];
  for (const { id } of rows) {
    const bytes = await sealed.recall(ctx, { id, purpose: PURPOSE });
    if (!bytes) return undefined; // expired: what is left cannot be trusted to be all
    entries.push(...z.array(entry).parse(JSON.parse(bytes.toString())));
  }
  return rows.length === 0 ? undefined : { entries, place: (rows.at(-1)?.place ?? 0) + 1 };
}

/** When the run has ended nobody needs it any more. */
export async function dropJournal(tx: Tx, { sealed }: Pick<KeepStore, 'sealed'>, runId: string): Promise<void> {
  const rows = await tx.runJournal.findMany({ where: { runId }, select: { id: true } });
  await tx.runJournal.deleteMany({ where: { runId } });
  await sealed.forget(
    rows.map(({ id }) => id),
    tx,
  );
}
