import type { Clock, Ctx } from '@switchyard/kernel';
import { insertion, Prisma, type Database, type Statement, type Tx } from '@switchyard/database';
import { auditHash, FIRST_HASH, toContent, type AuditEvent, type AuditInput } from './event.ts';
import { containing, decodeSeq, encodeSeq, pageSize, toPage, type Page } from '../cursor.ts';

/** The end of a tenant's chain. */
export interface AuditHead {
  readonly seq: number;
  /** Hex. */
  readonly hash: string;
}

const headRow = Prisma.sql`SELECT seq::float8 AS seq, encode(hash, 'hex') AS hash FROM audit_head`;

/** Gives the head, locked until the transaction ends, so that links come one after the other; nothing before the first. */
export const lockedHead = ({ tenantId }: Pick<Ctx, 'tenantId'>): Statement =>
  Prisma.sql`${headRow} WHERE tenant_id = ${tenantId}::uuid FOR UPDATE`;

/** Where the first link starts from. Changes nothing where there is a head. */
export const makeHead = ({ tenantId }: Pick<Ctx, 'tenantId'>): Statement => Prisma.sql`
  INSERT INTO audit_head (tenant_id, seq, hash) VALUES (${tenantId}::uuid, 0, decode(${FIRST_HASH}, 'hex'))
  ON CONFLICT DO NOTHING`;

/** What happened, and who did it. */
export interface LinkInput {
  readonly ctx: Ctx;
  readonly event: AuditInput;
}

const bytes = (hex: string): string => `\\x${hex}`;

/** Adds links of one tenant behind its locked head. */
function chain(
  { tenantId }: Pick<Ctx, 'tenantId'>,
  { head, links, at }: { head: AuditHead; links: readonly LinkInput[]; at: Date },
): { readonly statements: readonly Statement[]; readonly head: AuditHead } {
  let last = head;
  const rows = links.map(({ ctx, event }) => {
    const link = toContent(ctx, event, { seq: last.seq + 1, at, previousHash: last.hash });
    last = { seq: link.seq, hash: auditHash(link) };
    return { ...link, previousHash: bytes(link.previousHash), hash: bytes(last.hash) };
  });
  const moved = Prisma.sql`
    UPDATE audit_head SET seq = ${last.seq}::bigint, hash = decode(${last.hash}, 'hex')
    WHERE tenant_id = ${tenantId}::uuid`;
  return { statements: [insertion('audit_event', { rows }), moved], head: last };
}

/** The statements that add links of one tenant behind its locked head. */
export const nextLinks = (
  ctx: Pick<Ctx, 'tenantId'>,
  of: { head: AuditHead; links: readonly LinkInput[]; at: Date },
): readonly Statement[] => chain(ctx, of).statements;

/**
 * Adds a link in the caller's transaction, so that it commits with the change that it describes. Other writers of this
 * tenant wait for that commit: call it last.
 */
export async function appendAudit(tx: Tx, ctx: Ctx, event: AuditInput, clock: Clock): Promise<AuditHead> {
  const lock = async (): Promise<AuditHead | undefined> => (await tx.$queryRaw<AuditHead[]>(lockedHead(ctx)))[0];
  let head = await lock();
  if (!head) {
    await tx.$executeRaw(makeHead(ctx));
    head = await lock();
  }
  if (!head) throw new Error('the head of the audit chain is neither there nor can it be made');
  const added = chain(ctx, { head, links: [{ ctx, event }], at: clock.now() });
  for (const statement of added.statements) await tx.$executeRaw(statement);
  return added.head;
}

export interface AuditFilter {
  readonly action?: string | null;
  /** An actor's id, or a part of the name. */
  readonly actor?: string | null;
  readonly targetKind?: string | null;
  readonly targetId?: string | null;
  /** SHA-256 in hex of the code that ran. */
  readonly codeHash?: string | null;
  /** Anywhere in actor, action, target, before or after; of runs also in the code, and in the calls' tools and arguments. */
  readonly text?: string | null;
  readonly from?: Date | null;
  /** Exclusive. */
  readonly to?: Date | null;
}

/** In what a run did: its code, and `server.tool` and the arguments of each call. */
const inRun = (sought: string): Prisma.Sql => Prisma.sql`(
  audit_event.target_kind = 'run' AND EXISTS (
    SELECT FROM run
    WHERE run.id = (CASE WHEN audit_event.target_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN audit_event.target_id END)::uuid
      AND (run.code ILIKE ${sought} OR EXISTS (
        SELECT FROM run_call
        WHERE run_call.tenant_id = current_tenant() AND run_call.run_id = run.id
          AND (run_call.server || '.' || run_call.tool ILIKE ${sought} OR run_call.args::text ILIKE ${sought})))))`;

function conditions(filter: AuditFilter): Prisma.Sql[] {
  const { action, actor, targetKind, targetId, codeHash, text, from, to } = filter;
  const sought = text ? containing(text) : '';
  return [
    ...(action ? [Prisma.sql`action = ${action}`] : []),
    ...(actor ? [Prisma.sql`(actor_id = ${actor} OR actor_name ILIKE ${containing(actor)})`] : []),
    ...(targetKind ? [Prisma.sql`target_kind = ${targetKind}`] : []),
    ...(targetId ? [Prisma.sql`target_id = ${targetId}`] : []),
    ...(codeHash ? [Prisma.sql`code_hash = ${codeHash}`] : []),
    ...(from ? [Prisma.sql`at >= ${from.toISOString()}::timestamptz`] : []),
    ...(to ? [Prisma.sql`at < ${to.toISOString()}::timestamptz`] : []),
    ...(text
      ? [
          Prisma.sql`(concat_ws(' ', actor_name, actor_id, action, target_kind, target_id, before::text, after::text)
                      ILIKE ${sought} OR ${inRun(sought)})`,
        ]
      : []),
  ];
}

const LINK = Prisma.sql`
  tenant_id::text AS "tenantId", seq::float8 AS seq, at, actor_kind AS "actorKind", actor_id AS "actorId",
  actor_name AS "actorName", surface, action, target_kind AS "targetKind", target_id AS "targetId", before, after, ip,
  trace_id AS "traceId", policy_revision AS "policyRevision", code_hash AS "codeHash",
  encode(previous_hash, 'hex') AS "previousHash", encode(hash, 'hex') AS hash`;

const whole = (where: readonly Prisma.Sql[]): Prisma.Sql =>
  where.length > 0 ? Prisma.sql`WHERE ${Prisma.join([...where], ' AND ')}` : Prisma.empty;

/** Oldest first, those behind `after`. */
export const readLinks = (tx: Tx, query: AuditFilter & { after: number; take: number }): Promise<AuditEvent[]> =>
  tx.$queryRaw<AuditEvent[]>`
    SELECT ${LINK} FROM audit_event ${whole([...conditions(query), Prisma.sql`seq > ${query.after}`])}
    ORDER BY audit_event.seq LIMIT ${query.take}`;

/** Links and head in one statement, so that both are of one moment while others go on writing. */
export async function readChain(
  tx: Tx,
  query: { after: number; take: number },
): Promise<{ head: AuditHead | undefined; links: AuditEvent[] }> {
  type Row = Partial<AuditEvent> & { headSeq: number | null; headHash: string | null };
  const rows = await tx.$queryRaw<Row[]>`
    SELECT link.*, head.seq AS "headSeq", head.hash AS "headHash"
    FROM (SELECT 1) AS once
    LEFT JOIN (${headRow}) AS head ON true
    LEFT JOIN LATERAL (
      SELECT ${LINK} FROM audit_event WHERE audit_event.seq > ${query.after} ORDER BY audit_event.seq LIMIT ${query.take}
    ) AS link ON true
    ORDER BY link.seq`;
  const { headSeq = null, headHash = null } = rows[0] ?? {};
  const links = rows.flatMap(({ headSeq: _seq, headHash: _hash, ...link }) =>
    link.hash == null ? [] : [link as AuditEvent],
  );
  return { head: headSeq === null || headHash === null ? undefined : { seq: headSeq, hash: headHash }, links };
}

/** Newest first. Throws AppError `invalid_request` for a cursor that is none. */
export async function listAudit(
  database: Pick<Database, 'inTenant'>,
  ctx: Ctx,
  query: AuditFilter & { readonly cursor?: string | null; readonly limit?: number | null } = {},
): Promise<Page<AuditEvent>> {
  const take = pageSize(query.limit);
  const where = conditions(query);
  if (query.cursor) where.push(Prisma.sql`seq < ${decodeSeq(query.cursor)}`);
  const rows = await database.inTenant(
    ctx,
    (tx) => tx.$queryRaw<AuditEvent[]>`
      SELECT ${LINK} FROM audit_event ${whole(where)} ORDER BY audit_event.seq DESC LIMIT ${take + 1}`,
  );
  return toPage(rows, take, ({ seq }) => encodeSeq(seq));
}
