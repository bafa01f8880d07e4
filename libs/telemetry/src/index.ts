export { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts';
export { type CalledTool, type RunFact } from './facts.ts';
