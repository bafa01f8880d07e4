export { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts';
export { type CalledTool, type RunFact } from './facts.ts';
export { MCP_METHODS, METHODS } from './names.ts';
export { EVENTS, GEN_AI, MCP } from './conventions.ts';
export { type SpanFacts } from './span-facts.ts';
export { createTracing, type HeldSpan, type SpanStart, type Tracing, type TracingOptions } from './tracing.ts';
