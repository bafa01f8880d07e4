import { createHash } from 'node:crypto';
import { McpServer, type CallToolResult } from '@modelcontextprotocol/server';
import type { Database } from '@switchyard/database';
import { systemCtx, type Clock, type TenantId } from '@switchyard/kernel';
import type { Ledger, ReportQuery, ReportRow } from '@switchyard/ledger';
import { createMasker } from '@switchyard/privacy';
import type { z } from 'zod';
import { answer, refuse } from '../tool-answer.ts';
import { AnalyticsError } from './analytics-error.ts';
import { readConversationFigures } from './conversation.store.ts';
import { keepEvents, readEvents, type EventKey } from './events.store.ts';
import type { ReportCache } from './report-cache.ts';
import {
  conversationInput,
  conversationOutput,
  logInput,
  logOutput,
  metricsInput,
  metricsOutput,
  reportInput,
  reportOutput,
} from './schemas.ts';
import { daysOf, spanOf, type Span } from './span.ts';

export interface AnalyticsServerOptions {
  readonly database: Database;
  readonly ledger: Pick<Ledger, 'report' | 'runStats'>;
  readonly cache: ReportCache;
  /** Every answer is of this tenant; no argument can change it. */
  readonly tenantId: TenantId;
  readonly version: string;
  readonly clock: Clock;
  /** Hears what broke; the caller of the tool only learns that something did. */
  readonly onError?: (error: unknown) => void;
}

const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;
const ADDS = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false } as const;
const META = { 'switchyard/category': 'analytics' };
const MOST_LISTED = 10;
const MOST_TOOLS = 1_000;
const SLOW_MS = 10_000;
const PROPERTIES_BYTES = 4_096;
const MICROS = 1_000_000;

/** The first-party `analytics` server for one tenant: what its chats, runs and tools came to. Connect it to one transport. */
export function createAnalyticsServer(options: AnalyticsServerOptions): McpServer {
  const { database, ledger, cache, tenantId, version, clock, onError } = options;
  const ctx = systemCtx(tenantId, 'analytics');
  const server = new McpServer(
    { name: 'switchyard-analytics', title: 'Analytics', version },
    {
      instructions:
        'Figures about chats, code that ran, tools, tokens and money. Days are UTC; estimates are named so.',
      capabilities: { tools: {} },
    },
  );

  const guarded = async (work: () => Promise<Record<string, unknown>>): Promise<CallToolResult> => {
    try {
      return answer(await work());
    } catch (error) {
      if (error instanceof AnalyticsError) return refuse(error.message, { code: error.code });
      onError?.(error);
      return refuse('The analytics failed inside: try again.', { code: 'internal' });
    }
  };

  const reportOf = (of: ReportQuery['of'], by: ReportQuery['by'], span: Span, limit: number) =>
    ledger.report(ctx, { of, by, ...span, limit });

  async function metricsOf(span: Span): Promise<Omit<z.infer<typeof metricsOutput>, 'from' | 'to'>> {
    const [stats, models, savings, calls, events] = await Promise.all([
      ledger.runStats(ctx, span),
      reportOf('models', [], span, 2),
      reportOf('savings', [], span, 2),
      reportOf('calls', ['tool'], span, MOST_TOOLS),
      readEvents(database, ctx, { by: ['name'], ...span, limit: MOST_LISTED }),
    ]);
    const { runs: ended, failedShare, p50Ms, p95Ms, deniedCalls } = stats;
    return {
      asOf: clock.now().toISOString(),
      runs: { ended, failedShare, p50Ms, p95Ms, deniedCalls },
      tokens: { returned: stats.tokensReturned, keptOut: stats.tokensKeptOut },
      models: models.rows.map((row) => ({
        scripted: row.scripted ?? false,
        calls: figure(row, 'calls'),
        errors: figure(row, 'errors'),
        inputTokens: figure(row, 'inputTokens'),
        outputTokens: figure(row, 'outputTokens'),
        costUsd: dollars(row.measures['costMicros']),
      })),
      savings: savings.rows.map((row) => {
        const usedTokens = figure(row, 'usedTokens');
        const estimatedOtherTokens = figure(row, 'estimatedOtherTokens');
        const savedTokens = estimatedOtherTokens - usedTokens;
        return {
          scripted: row.scripted ?? false,
          answers: figure(row, 'answers'),
          usedTokens,
          estimatedOtherTokens,
          savedTokens,
        };
      }),
      tools: calls.rows
        .toSorted((a, b) => figure(b, 'calls') - figure(a, 'calls'))
        .slice(0, MOST_LISTED)
        .map((row) => ({
          tool: row.tool ?? '',
          calls: figure(row, 'calls'),
          failed: figure(row, 'failed'),
          p50Ms: figure(row, 'p50Ms'),
          p95Ms: figure(row, 'p95Ms'),
        })),
      events: events.rows.map(({ name = '', measures }) => ({ name, events: measures.events })),
    };
  }

  server.registerTool(
    'getMetrics',
    {
      title: 'Get the key figures',
      description:
        'The key figures of some days at a glance: code that ran, tokens, cost, what was saved, tools, events. ' +
        'Example: getMetrics({ from: "2026-11-01", to: "2026-11-07" }) → { runs: { ended: 812, failedShare: 0.01, p95Ms }, tools: [{ tool, calls }], … }. ' +
        'An impossible span throws error.data.error.code bad_span.',
      inputSchema: metricsInput,
      outputSchema: metricsOutput,
      annotations: { title: 'Get the key figures', ...READ_ONLY },
      _meta: META,
    },
    (input) =>
      guarded(async () => {
        const span = spanOf(input, clock.now());
        const { value } = await cache.get(tenantId, ['metrics', span], () => metricsOf(span));
        return { ...daysOf(span), ...value };
      }),
  );

  server.registerTool(
    'generateReport',
    {
      title: 'Generate a report',
      description:
        'Sums by day, tool and arm, made by the database: calls of tools, runs of code, calls of models, savings, events. ' +
        'Example: generateReport({ of: "calls", by: ["tool"], from: "2026-11-01" }) → { rows: [{ tool: "search.searchProducts", measures: { calls: 812, failed: 3, p95Ms } }], total }. ' +
        'What goes wrong is thrown; read error.data.error.code: bad_span, bad_grouping.',
      inputSchema: reportInput,
      outputSchema: reportOutput,
      annotations: { title: 'Generate a report', ...READ_ONLY },
      _meta: META,
    },
    ({ of, by, limit, ...asked }) =>
      guarded(async () => {
        const span = spanOf(asked, clock.now());
        requireKeys(of, by);
        const { value, cached } = await cache.get(tenantId, ['report', of, [...by].sort(), span, limit], async () => {
          const { rows, total } =
            of === 'events'
              ? await readEvents(database, ctx, { by: by as EventKey[], ...span, limit })
              : await reportOf(of, by as ReportQuery['by'], span, limit);
          return { asOf: clock.now().toISOString(), total, rows: rows.map(withDollars) };
        });
        return { of, ...daysOf(span), cached, ...value } satisfies z.infer<typeof reportOutput>;
      }),
  );

  server.registerTool(
    'analyzeConversation',
    {
      title: 'Analyse a conversation',
      description:
        'What one conversation came to: answers, time, tokens, cost, tools, feedback, and what is worth a look. No word of what was said. ' +
        'Example: analyzeConversation({ conversation: "chat-4711" }) → { arm: "code", answers: { ok: 4, error: 0, p50Ms }, tools: [{ tool, calls }], findings: ["slow_answer"] }. ' +
        'An unknown one throws error.data.error.code conversation_not_found.',
      inputSchema: conversationInput,
      outputSchema: conversationOutput,
      annotations: { title: 'Analyse a conversation', ...READ_ONLY },
      _meta: META,
    },
    ({ conversation }) =>
      guarded(async () => {
        const found = await readConversationFigures(database, ctx, conversation);
        if (!found)
          throw new AnalyticsError(
            'conversation_not_found',
            'There is no such conversation: give its id as the app names it.',
          );
        return analysisOf(found);
      }),
  );

  server.registerTool(
    'logAnalytics',
    {
      title: 'Log events',
      description:
        'Keeps up to 100 events for counting in getMetrics and generateReport({ of: "events" }). ' +
        'Example: logAnalytics({ events: [{ name: "cart.recovered", value: 129.5, properties: { channel: "mail" }, key: "order-1042" }] }) → { stored: 1, alreadyKnown: 0 }. ' +
        'Above 100,000 a day it throws error.data.error.code too_many_events.',
      inputSchema: logInput,
      outputSchema: logOutput,
      annotations: { title: 'Log events', ...ADDS },
      _meta: META,
    },
    ({ events }) =>
      guarded(async () => {
        const masker = createMasker();
        const kept = events.map(({ name, at, value = null, properties, key = null }) => ({
          name,
          at: at === undefined ? clock.now() : new Date(at),
          value,
          properties: { ...(masker.preview(properties, PROPERTIES_BYTES).value as Record<string, unknown>) },
          key: key === null ? null : createHash('sha256').update(key).digest('base64url'), // it may name a person
        }));
        const stored = await keepEvents(database, ctx, kept);
        cache.forget(tenantId);
        return { stored, alreadyKnown: events.length - stored } satisfies z.infer<typeof logOutput>;
      }),
  );
  return server;
}

const KEYS_OF: Readonly<Record<z.infer<typeof reportInput>['of'], readonly string[]>> = {
  calls: ['day', 'tool', 'arm'],
  savings: ['day', 'tool', 'arm'],
  runs: ['day', 'arm'],
  models: ['day', 'arm'],
  events: ['day', 'name'],
};

function requireKeys(of: keyof typeof KEYS_OF, by: readonly string[]): void {
  const wrong = by.find((key) => !KEYS_OF[of].includes(key));
  if (wrong !== undefined)
    throw new AnalyticsError(
      'bad_grouping',
      `A report of ${of} can be made by ${KEYS_OF[of].join(', ')}, not by ${wrong}.`,
    );
}

const figure = ({ measures }: ReportRow, name: string): number => Number(measures[name] ?? 0);

const dollars = (micros: number | bigint | null | undefined): number | null =>
  micros == null ? null : Number(micros) / MICROS;

/** Micro-dollars are ours alone. */
function withDollars<Row extends { readonly measures: Readonly<Record<string, number | bigint | null>> }>(row: Row) {
  const measures = Object.entries(row.measures).map(([name, value]) =>
    name.endsWith('Micros')
      ? [name.replace(/Micros$/, 'Usd'), dollars(value)]
      : [name, value === null ? null : Number(value)],
  );
  return { ...row, measures: Object.fromEntries(measures) as Record<string, number | null> };
}

type Analysed = NonNullable<Awaited<ReturnType<typeof readConversationFigures>>>;

function analysisOf({ figures, tools }: Analysed): z.infer<typeof conversationOutput> {
  const findings = [
    ...(figures.complaints > 0 ? (['complained'] as const) : []),
    ...(figures.failedAnswers > 0 ? (['answer_failed'] as const) : []),
    ...(figures.fallbacks > 0 ? (['fell_back'] as const) : []),
    ...((figures.maxMs ?? 0) > SLOW_MS ? (['slow_answer'] as const) : []),
    ...(figures.doneRuns < figures.runs ? (['code_failed'] as const) : []),
    ...(figures.deniedCalls > 0 ? (['call_denied'] as const) : []),
  ];
  return {
    conversation: figures.key,
    arm: figures.arm,
    scripted: figures.scripted,
    startedAt: figures.startedAt.toISOString(),
    lastAt: figures.lastAt.toISOString(),
    messages: { user: figures.userMessages, assistant: figures.assistantMessages },
    answers: {
      ok: figures.okAnswers,
      error: figures.failedAnswers,
      cancelled: figures.cancelledAnswers,
      fallbacks: figures.fallbacks,
      p50Ms: figures.p50Ms,
      maxMs: figures.maxMs,
    },
    tokens: { prompt: figures.promptTokens, completion: figures.completionTokens },
    costUsd: dollars(figures.costMicros),
    runs: {
      ended: figures.runs,
      done: figures.doneRuns,
      calls: figures.calls,
      deniedCalls: figures.deniedCalls,
    },
    tools,
    feedback: { complaints: figures.complaints, praises: figures.praises, corrections: figures.corrections },
    findings,
  };
}
