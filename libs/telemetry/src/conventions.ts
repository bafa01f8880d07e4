/**
 * OpenTelemetry's names for generative AI and MCP are still in development: whoever renames follows here, and nowhere
 * else. As of the conventions of 2026-05.
 */
export const GEN_AI = {
  metrics: {
    clientDuration: 'gen_ai.client.operation.duration',
    tokenUsage: 'gen_ai.client.token.usage',
    toolDuration: 'gen_ai.execute_tool.duration',
  },
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  responseModel: 'gen_ai.response.model',
  tokenType: 'gen_ai.token.type',
  toolName: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  conversation: 'gen_ai.conversation.id',
  inputTokens: 'gen_ai.usage.input_tokens',
  cachedTokens: 'gen_ai.usage.cache_read.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  evaluationName: 'gen_ai.evaluation.name',
  evaluationScore: 'gen_ai.evaluation.score.value',
  evaluationLabel: 'gen_ai.evaluation.score.label',
} as const;

export const EVENTS = { flag: 'feature_flag.evaluation', evaluation: 'gen_ai.evaluation.result' } as const;

export const MCP = {
  metrics: { clientDuration: 'mcp.client.operation.duration', serverDuration: 'mcp.server.operation.duration' },
  method: 'mcp.method.name',
} as const;

/** Bounds that the conventions give, in seconds and in tokens. */
export const BOUNDS = {
  modelSeconds: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
  tokens: [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864],
  mcpSeconds: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
  httpSeconds: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
} as const;
