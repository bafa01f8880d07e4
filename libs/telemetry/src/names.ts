import { ERROR_CODES } from '@switchyard/kernel';

/** Names of our own, for what no convention names. At /metrics dots are underscores, and counters end in `_total`. */
export const OWN = {
  requestsRefused: 'switchyard.requests.refused',
  exceeded: 'switchyard.duration.exceeded',
  runDuration: 'switchyard.run.duration',
  runCode: 'switchyard.run.code.size',
  runCalls: 'switchyard.run.calls',
  sandboxEnds: 'switchyard.sandbox.ends',
  sandboxQueueWait: 'switchyard.sandbox.queue_wait',
  sandboxOwnTime: 'switchyard.sandbox.own_time',
  sandboxCpu: 'switchyard.sandbox.cpu_time',
  sandboxMemory: 'switchyard.sandbox.memory.peak',
  pool: 'switchyard.sandbox.pool',
  toolPairs: 'switchyard.tool.pairs',
  modelTokens: 'switchyard.model.tokens',
  cost: 'switchyard.cost',
  unpriced: 'switchyard.model.calls.unpriced',
  tokensKeptOut: 'switchyard.tokens.kept_out',
  tokensSaved: 'switchyard.tokens.saved',
  decisions: 'switchyard.policy.decisions',
  decisionDuration: 'switchyard.policy.decision.duration',
  approvalsWaiting: 'switchyard.approvals.waiting',
  answerDuration: 'switchyard.chat.answer.duration',
  fallbacks: 'switchyard.chat.fallbacks',
  conversations: 'switchyard.chat.conversations',
  alerts: 'switchyard.alerts',
  killed: 'switchyard.kill_switch.tenants',
  httpDuration: 'http.server.request.duration',
  loopDelay: 'nodejs.eventloop.delay',
  loopUtilization: 'nodejs.eventloop.utilization',
  memory: 'process.memory.usage',
  cpu: 'process.cpu.time',
} as const;

/** What spans may say besides the conventions' own attributes. */
export const SPAN_ATTRIBUTES = [
  'error.type',
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'feature_flag.key',
  'feature_flag.result.variant',
  'feature_flag.result.reason',
  'feature_flag.context.id',
  'feature_flag.set.id',
  'feature_flag.version',
  'switchyard.tenant.id',
  'switchyard.run.id',
  'switchyard.run.status',
  'switchyard.surface',
  'switchyard.arm',
  'switchyard.fallback',
  'switchyard.server',
  'switchyard.policy.effect',
  'switchyard.policy.enforced',
  'switchyard.policy.purpose',
  'switchyard.cost.micro_dollars',
  'switchyard.sandbox.cpu_ms',
] as const;

/** What takes longer than these seconds is counted apart: from a histogram 10 s cannot be told, it lies within a bucket. */
export const EXCEEDED_SECONDS = {
  http: [1, 5, 10],
  run: [2, 5, 10],
  answer: [5, 10, 30],
  tool: [2, 10],
  model: [10, 30],
} as const;
export type Timed = keyof typeof EXCEEDED_SECONDS;

/** Counters that stand at nought from the start, so that the first of them is seen as an increase. */
export const ALERT_KINDS = [
  'alert.tested',
  'audit.cut_refused',
  'audit.stream_stalled',
  'budget.threshold_reached',
  'guard.triggered',
  'kill_switch.thrown',
  'rollout.held',
  'rollout.rolled_back',
] as const;
export const FALLBACKS = ['kill_switch', 'unavailable', 'crashed', 'not_mended', 'execution_disabled'] as const;
export const RUN_STATUSES = ['done', 'rejected', 'failed', 'limit', 'crashed'] as const;
export const SANDBOX_ENDS = [
  'done',
  'failed',
  'crashed',
  'refused',
  'limit.time',
  'limit.deadline',
  'limit.memory',
  'limit.calls',
  'limit.logs',
  'limit.result',
] as const;
export const REFUSALS = ['rate_limited', 'budget_exceeded'] as const;
export const ERRORS = [...ERROR_CODES, 'internal', 'cancelled'] as const;
export const TOOL_OUTCOMES = [
  'ok',
  'denied',
  'approval_needed',
  'invalid_arguments',
  'tool_error',
  'upstream_failed',
  'timeout',
  'cancelled',
  'not_found',
  'internal',
] as const;
export const UPSTREAM_ERRORS = [
  'tool_error',
  'unreachable',
  'refused_address',
  'unauthorized',
  'session_expired',
  'connection_lost',
  'circuit_open',
  'overloaded',
  'too_large',
  'input_required',
  'protocol',
  'timeout',
  'cancelled',
  'internal',
] as const;
export const PURPOSES = ['chat', 'shadow', 'compare', 'grade', 'embedding'] as const;
export const MCP_METHODS = ['initialize', 'server/discover', 'ping', 'tools/list', 'tools/call'] as const;
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
