import { resourceFromAttributes } from '@opentelemetry/resources';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { Attributes } from '@opentelemetry/api';
import type { Surface, TenantId } from '@switchyard/kernel';
import { GEN_AI, MCP } from './conventions.ts';
import type {
  AnswerFact,
  CalledTool,
  DecisionFact,
  ModelFact,
  RequestFact,
  RunFact,
  SandboxFact,
  ServedFact,
  ToolFact,
  UpstreamFact,
  Watched,
} from './facts.ts';
import { createInstruments } from './instruments.ts';
import {
  ALERT_KINDS,
  ERRORS,
  EXCEEDED_SECONDS,
  FALLBACKS,
  MCP_METHODS,
  METHODS,
  PURPOSES,
  REFUSALS,
  RUN_STATUSES,
  SANDBOX_ENDS,
  TOOL_OUTCOMES,
  UPSTREAM_ERRORS,
  type Timed,
} from './names.ts';
import { ToolPairs } from './pairs.ts';
import { observeProcess } from './process.ts';
import { among, HOST, OTHER, ROUTE, UUID, Words } from './words.ts';
import { observeWatched } from './watched.ts';

export interface MetricsOptions {
  readonly version: string;
  /** How many tenants get a label of their own, by id; 0: none, and no metric tells tenants apart. */
  readonly tenants: number;
}

/** Hears what happens, at the cost of microseconds, and tells it as numbers. Nothing here throws or waits. */
export interface Metrics {
  request(fact: RequestFact): void;
  refused(ctx: { readonly tenantId: TenantId; readonly surface?: Surface }, code: string): void;
  /** Length of the code in characters. */
  code(characters: number): void;
  run(fact: RunFact): void;
  sandbox(fact: SandboxFact): void;
  toolCall(fact: ToolFact): void;
  upstream(fact: UpstreamFact): void;
  served(fact: ServedFact): void;
  modelCall(fact: ModelFact): void;
  decision(fact: DecisionFact): void;
  answer(fact: AnswerFact): void;
  alert(kind: string): void;
  /** What is looked up at each reading. Once. */
  watch(watched: Watched): void;
  /** Everything, in Prometheus's text format. */
  text(): Promise<string>;
  close(): Promise<void>;
}

/** Read when somebody asks, and pushed nowhere. */
class ReadOnDemand extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

const withError = (labels: Attributes, error: string | undefined): Attributes =>
  error === undefined ? labels : { ...labels, 'error.type': error };

const OPERATION: Readonly<Record<string, string>> = { embedding: 'embeddings' };

const MOST = { tools: 300, servers: 50, models: 50, providers: 20, routes: 150 } as const;
const READ_TIMEOUT_MS = 5_000;

export function createMetrics({ version, tenants }: MetricsOptions): Metrics {
  const reader = new ReadOnDemand();
  const resource = resourceFromAttributes({ 'service.name': 'switchyard', 'service.version': version });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('switchyard', version);
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  const to = createInstruments(meter);
  const words = {
    tools: new Words(MOST.tools),
    addresses: new Words(MOST.tools),
    servers: new Words(MOST.servers),
    models: new Words(MOST.models),
    providers: new Words(MOST.providers, HOST),
    routes: new Words(MOST.routes, ROUTE),
    tenants: new Words(tenants, UUID),
  };
  const pairs = new ToolPairs();
  const stopProcess = observeProcess(meter);

  for (const kind of ALERT_KINDS) to.alerts.add(0, { kind });
  for (const reason of FALLBACKS) to.fallbacks.add(0, { reason });
  for (const code of REFUSALS) to.requestsRefused.add(0, { code });
  for (const end of SANDBOX_ENDS) to.sandboxEnds.add(0, { end });

  for (const [operation, thresholds] of Object.entries(EXCEEDED_SECONDS))
    for (const threshold of thresholds) to.exceeded.add(0, { operation, threshold });

  const ofTenant = (tenantId: TenantId): Attributes => (tenants === 0 ? {} : { tenant: words.tenants.admit(tenantId) });
  const timed = (operation: Timed, seconds: number): number => {
    for (const threshold of EXCEEDED_SECONDS[operation])
      if (seconds > threshold) to.exceeded.add(1, { operation, threshold });
    return seconds;
  };
  const named = (tool: CalledTool): { server: string; name: string } =>
    tool
      ? { server: words.servers.admit(tool.server), name: words.tools.admit(tool.name) }
      : { server: OTHER, name: OTHER };

  return {
    request({ method, route, status, durationMs }) {
      to.httpDuration.record(timed('http', durationMs / 1_000), {
        'http.request.method': among(METHODS, method),
        'http.route': route === undefined ? OTHER : words.routes.admit(route),
        'http.response.status_code': status,
      });
    },
    refused: ({ tenantId }, code) => to.requestsRefused.add(1, { code: among(REFUSALS, code), ...ofTenant(tenantId) }),
    code: (characters) => to.runCode.record(characters),
    run({ tenantId, surface, arm, status, durationMs, calls, tokensKeptOut, tokensSaved, tools }) {
      const labels = { status: among(RUN_STATUSES, status), surface, arm: arm ?? 'none', ...ofTenant(tenantId) };
      to.runDuration.record(timed('run', durationMs / 1_000), labels);
      to.runCalls.record(calls);
      if (tokensKeptOut > 0) to.tokensKeptOut.add(tokensKeptOut, ofTenant(tenantId));
      if (tokensSaved !== null)
        to.tokensSaved.add(tokensSaved, { source: 'run', scripted: false, ...ofTenant(tenantId) });
      if (tools.length > 1) pairs.add(tools.map((tool) => words.addresses.admit(tool)));
    },
    sandbox({ end, queuedMs, ownTimeMs, cpuMs, peakMemoryBytes }) {
      to.sandboxEnds.add(1, { end: among(SANDBOX_ENDS, end) });
      if (queuedMs !== undefined) to.sandboxQueueWait.record(queuedMs / 1_000);
      if (ownTimeMs !== undefined) to.sandboxOwnTime.record(ownTimeMs / 1_000);
      to.sandboxCpu.record(cpuMs / 1_000);
      if (peakMemoryBytes > 0) to.sandboxMemory.record(peakMemoryBytes);
    },
    toolCall({ tenantId, arm, tool, outcome, durationMs }) {
      const { server, name } = named(tool);
      const labels = { server, [GEN_AI.toolName]: name, arm: arm ?? 'none', ...ofTenant(tenantId) };
      to.toolDuration.record(timed('tool', durationMs / 1_000), { ...labels, outcome: among(TOOL_OUTCOMES, outcome) });
    },
    upstream({ server, error, durationMs }) {
      const labels = { [MCP.method]: 'tools/call', server: words.servers.admit(server) };
      to.upstreamDuration.record(
        durationMs / 1_000,
        withError(labels, error === undefined ? undefined : among(UPSTREAM_ERRORS, error)),
      );
    },
    served({ method, tool, durationMs }) {
      const labels = { [MCP.method]: among(MCP_METHODS, method) };
      const named = tool === undefined ? labels : { ...labels, [GEN_AI.toolName]: words.tools.admit(tool) };
      to.servedDuration.record(durationMs / 1_000, named);
    },
    modelCall({ tenantId, error, durationMs, tokens, costMicros, tokensSaved, scripted, ...call }) {
      const provider = words.providers.admit(call.provider);
      // A name that no endpoint has answered to is whatever a caller wrote.
      const model = error === null ? words.models.admit(call.model) : words.models.known(call.model);
      const purpose = among(PURPOSES, call.purpose);
      const of = { [GEN_AI.provider]: provider, [GEN_AI.requestModel]: model };
      const labels = { ...of, [GEN_AI.operation]: OPERATION[purpose] ?? 'chat' };
      const failure = error === null ? undefined : among(ERRORS, error);
      to.modelDuration.record(timed('model', durationMs / 1_000), withError(labels, failure));
      if (error === null) {
        to.tokenUsage.record(tokens.input, { ...labels, [GEN_AI.tokenType]: 'input' });
        to.tokenUsage.record(tokens.output, { ...labels, [GEN_AI.tokenType]: 'output' });
        const counted = { input: tokens.input, cached_input: tokens.cachedInput, output: tokens.output };
        for (const [kind, count] of Object.entries({ ...counted, reasoning: tokens.reasoning }))
          to.modelTokens.add(count, { ...of, kind, purpose, ...ofTenant(tenantId) });
        const arm = call.arm ?? 'none';
        if (costMicros === null) to.unpriced.add(1, of);
        else to.cost.add(Number(costMicros), { ...of, purpose, arm, ...ofTenant(tenantId) });
      }
      if (tokensSaved !== null) to.tokensSaved.add(tokensSaved, { source: 'answer', scripted, ...ofTenant(tenantId) });
    },
    decision({ effect, purpose, enforced, durationMs }) {
      to.decisions.add(1, { effect, purpose, enforced });
      to.decisionDuration.record(durationMs / 1_000);
    },
    answer({ tenantId, arm, fallback, error, durationMs, isNewConversation }) {
      const labels = {
        arm: arm ?? 'none',
        outcome: error === undefined ? 'ok' : among(ERRORS, error),
        ...ofTenant(tenantId),
      };
      to.answerDuration.record(timed('answer', durationMs / 1_000), labels);
      if (fallback !== null) to.fallbacks.add(1, { reason: among(FALLBACKS, fallback) });
      if (isNewConversation && arm) to.conversations.add(1, { arm, ...ofTenant(tenantId) });
    },
    alert: (kind) => to.alerts.add(1, { kind: among(ALERT_KINDS, kind) }),
    watch: (watched) => observeWatched(meter, watched, pairs),
    async text() {
      const { resourceMetrics } = await reader.collect({ timeoutMillis: READ_TIMEOUT_MS });
      return serializer.serialize(resourceMetrics);
    },
    async close() {
      stopProcess();
      await provider.shutdown();
    },
  };
}
