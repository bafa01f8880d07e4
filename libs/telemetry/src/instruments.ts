import type { Meter } from '@opentelemetry/api';
import { BOUNDS, GEN_AI, MCP } from './conventions.ts';
import { OWN } from './names.ts';

const RUN_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300] as const;
const SHORT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30] as const;
const MiB = 1024 * 1024;
const MEMORY_BYTES = [32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1_024, 2_048].map((mib) => mib * MiB);
const CHARACTERS = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000] as const;
const CALLS = [0, 1, 2, 3, 5, 10, 20, 40, 60] as const;
const DECISION_SECONDS = [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.1] as const;

/** Every instrument that is written to, with its unit and bounds. */
export function createInstruments(meter: Meter) {
  const histogram = (name: string, unit: string, bounds: readonly number[], description: string) =>
    meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: [...bounds] } });
  const counter = (name: string, unit: string, description: string) => meter.createCounter(name, { unit, description });
  return {
    httpDuration: histogram(OWN.httpDuration, 's', BOUNDS.httpSeconds, 'Requests, by route, method and status'),
    requestsRefused: counter(OWN.requestsRefused, '{request}', 'Requests over a limit or a budget, by what refused'),
    exceeded: counter(OWN.exceeded, '{operation}', 'Operations that took longer than a threshold in seconds'),
    runDuration: histogram(OWN.runDuration, 's', RUN_SECONDS, 'Runs of code from request to record'),
    runCode: histogram(OWN.runCode, '{character}', CHARACTERS, 'Length of the code of runs'),
    runCalls: histogram(OWN.runCalls, '{call}', CALLS, 'Tool calls of one run'),
    sandboxEnds: counter(OWN.sandboxEnds, '{run}', 'How sandboxes ended, with the limit that ended them'),
    sandboxQueueWait: histogram(OWN.sandboxQueueWait, 's', SHORT_SECONDS, 'Wait for a place and a sandbox'),
    sandboxOwnTime: histogram(
      OWN.sandboxOwnTime,
      's',
      SHORT_SECONDS,
      "The code's own time, waiting for tools left out",
    ),
    sandboxCpu: histogram(OWN.sandboxCpu, 's', SHORT_SECONDS, 'Processor time of one run in its sandbox'),
    sandboxMemory: histogram(OWN.sandboxMemory, 'By', MEMORY_BYTES, 'Peak resident memory of the sandbox of one run'),
    toolDuration: histogram(GEN_AI.metrics.toolDuration, 's', BOUNDS.mcpSeconds, 'Tool calls through the gateway'),
    upstreamDuration: histogram(MCP.metrics.clientDuration, 's', BOUNDS.mcpSeconds, 'Calls at upstream MCP servers'),
    servedDuration: histogram(MCP.metrics.serverDuration, 's', BOUNDS.mcpSeconds, 'Messages of clients of /mcp'),
    modelDuration: histogram(GEN_AI.metrics.clientDuration, 's', BOUNDS.modelSeconds, 'Calls of models'),
    tokenUsage: histogram(GEN_AI.metrics.tokenUsage, '{token}', BOUNDS.tokens, 'Tokens of one call of a model'),
    modelTokens: counter(
      OWN.modelTokens,
      '{token}',
      'Tokens by kind; input has the cached ones in it, output reasoning',
    ),
    cost: counter(OWN.cost, '{micro_dollar}', 'What calls of models cost'),
    unpriced: counter(OWN.unpriced, '{call}', 'Calls of models for which no price is known'),
    tokensKeptOut: counter(OWN.tokensKeptOut, '{token}', 'Measured: of tool results that came to no model'),
    tokensSaved: meter.createUpDownCounter(OWN.tokensSaved, {
      unit: '{token}',
      description: 'Estimated: what the traditional way would have taken, less what was taken; falls with a loss',
    }),
    decisions: counter(OWN.decisions, '{decision}', 'Decisions of policy, by effect'),
    decisionDuration: histogram(OWN.decisionDuration, 's', DECISION_SECONDS, 'Time of one decision'),
    answerDuration: histogram(OWN.answerDuration, 's', BOUNDS.modelSeconds, 'Answers of chat, by assigned arm'),
    fallbacks: counter(OWN.fallbacks, '{answer}', 'Answers that the traditional arm gave for another'),
    conversations: counter(OWN.conversations, '{conversation}', 'Conversations by arm, each once in this process'),
    alerts: counter(OWN.alerts, '{alert}', 'Alerts that were raised, by kind'),
  };
}
