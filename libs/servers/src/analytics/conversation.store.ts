import type { Database } from '@switchyard/database';
import { isUuid, type Ctx } from '@switchyard/kernel';

interface ConversationFigures {
  readonly key: string;
  readonly arm: string | null;
  readonly scripted: boolean;
  readonly startedAt: Date;
  readonly lastAt: Date;
  readonly userMessages: number;
  readonly assistantMessages: number;
  readonly okAnswers: number;
  readonly failedAnswers: number;
  readonly cancelledAnswers: number;
  readonly fallbacks: number;
  readonly p50Ms: number | null;
  readonly maxMs: number | null;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Null: nothing in it has a price. */
  readonly costMicros: bigint | null;
  readonly runs: number;
  readonly doneRuns: number;
  readonly calls: number;
  readonly deniedCalls: number;
  readonly complaints: number;
  readonly praises: number;
  readonly corrections: number;
}

interface ToolFigures {
  readonly tool: string;
  readonly calls: number;
  readonly failed: number;
  readonly p50Ms: number | null;
}

/** Figures alone, no word of what was said. By the app's name of it or by ours; undefined where the tenant has none such. */
export async function readConversationFigures(
  database: Database,
  ctx: Pick<Ctx, 'tenantId'>,
  conversation: string,
): Promise<{ figures: ConversationFigures; tools: ToolFigures[] } | undefined> {
  const wanted = conversation.replaceAll('\u0000', '');
  const id = isUuid(wanted) ? wanted : null;
  return database.inTenant(ctx, async (tx) => {
    const [figures] = await tx.$queryRaw<ConversationFigures[]>`
      SELECT c.key, c.arm, c.scripted, c.started_at AS "startedAt", c.last_at AS "lastAt",
        c.fallbacks, c.complaints, c.praises, c.corrections,
        c.prompt_tokens::float8 AS "promptTokens", c.completion_tokens::float8 AS "completionTokens",
        m.*, r.*
      FROM conversation c
      CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE role = 'user')::int AS "userMessages",
          count(*) FILTER (WHERE role = 'assistant')::int AS "assistantMessages",
          count(*) FILTER (WHERE status = 'ok')::int AS "okAnswers",
          count(*) FILTER (WHERE status = 'error')::int AS "failedAnswers",
          count(*) FILTER (WHERE status = 'cancelled')::int AS "cancelledAnswers",
          percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms) AS "p50Ms", max(latency_ms)::float8 AS "maxMs",
          sum(cost_micros)::bigint AS "costMicros"
        FROM message WHERE conversation_id = c.id
      ) AS m
      CROSS JOIN LATERAL (
        SELECT count(*)::int AS runs, count(*) FILTER (WHERE status = 'done')::int AS "doneRuns",
          coalesce(sum(call_count), 0)::int AS calls, coalesce(sum(denied_count), 0)::int AS "deniedCalls"
        FROM run WHERE conversation = c.key AND status NOT IN ('running', 'awaiting_approval')
      ) AS r
      WHERE c.key = ${wanted} OR c.id = ${id}::uuid ORDER BY c.key = ${wanted} DESC LIMIT 1`;
    if (!figures) return undefined;
    const tools = await tx.$queryRaw<ToolFigures[]>`
      SELECT call.server || '.' || call.tool AS tool, count(*)::int AS calls, count(*) FILTER (WHERE call.status <> 'ok')::int AS failed,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY call.duration_ms) AS "p50Ms"
      FROM run JOIN run_call call ON call.run_id = run.id WHERE run.conversation = ${figures.key}
      GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50`;
    return { figures, tools };
  });
}
