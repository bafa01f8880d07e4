import type { Json } from '@switchyard/kernel';
import type { AnswerRun } from './arms/code-calls.ts';
import type { AnswerTrace } from './exchange.ts';
import type { Observation } from './experiment.ts';
import type { ModelTarget } from './model/model.ts';
import { intentOf, type ChatRequest } from './wire/request.ts';
import type { Usage } from './wire/turn.ts';

/** What an arm answered, for those who compare. */
export interface ArmAnswer {
  readonly text: string;
  /** In order: tools that the model called, and those that its code called. */
  readonly toolCalls: readonly { readonly tool: string; readonly status: string; readonly args: Json }[];
  readonly runs: readonly AnswerRun[];
  readonly usage: Usage & { readonly estimated: boolean };
  readonly modelCalls: number;
  readonly latencyMs: number;
  /** Null where no price is known. */
  readonly costMicros: bigint | null;
  readonly scripted: boolean;
  readonly model: string | null;
  readonly outcome:
    | { readonly status: 'ok'; readonly finishReason: string }
    | { readonly status: 'error'; readonly code: string; readonly message: string };
}

const toolsOf = ({ calls, runs }: AnswerTrace): string[] => [
  ...new Set([...calls.map(({ server, tool }) => `${server}.${tool}`), ...runs.flatMap((run) => run.tools)]),
];

/** By what an experiment is shown in parts. */
export function segmentsOf(request: ChatRequest, trace: AnswerTrace): Observation['segments'] {
  const intent = intentOf(request);
  const { model } = trace;
  return { ...(intent === undefined ? {} : { intent }), ...(model === null ? {} : { model }), tools: toolsOf(trace) };
}

interface Answered {
  readonly text: string;
  readonly trace: AnswerTrace;
  readonly target: ModelTarget | undefined;
  readonly latencyMs: number;
  readonly outcome: ArmAnswer['outcome'];
}

export const armAnswer = ({ text, trace, target, latencyMs, outcome }: Answered): ArmAnswer => ({
  text,
  toolCalls: trace.calls.map(({ server, tool, status, args }) => ({
    tool: `${server}.${tool}`,
    status,
    args: args as Json,
  })),
  runs: trace.runs,
  usage: { ...trace.usage, estimated: trace.usageEstimated },
  modelCalls: trace.modelCalls,
  latencyMs,
  costMicros: trace.costMicros,
  scripted: target?.scripted ?? false,
  model: trace.model,
  outcome,
});
