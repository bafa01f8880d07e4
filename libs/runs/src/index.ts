export { TENANT_LIMITS, limitsFor, type WantedLimits } from './limits.ts';
export { type CallSummary, type LogLine, type RunAnswer, type RunError, type RunSink } from './run-answer.ts';
export { createRuns, type RunRequest, type Runs, type RunsOptions } from './runs.ts';
