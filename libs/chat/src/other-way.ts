import {
  counterfactual,
  countDefinitions,
  countTokens,
  type Counterfactual,
  type ToolResult,
} from '@switchyard/ledger';
import type { ArmOutcome } from './arms/run-arm.ts';
import type { AnswerTrace } from './exchange.ts';
import { textOf, type ChatRequest } from './wire/request.ts';

/** What code reaches without a tool server: a context that holds every definition looks nothing up, and has no files. */
const OURS = /^(servers|workspace)\./;

/** What the same answer would have taken the traditional way: all definitions in the context, every result through it. */
export function otherWay(request: ChatRequest, outcome: ArmOutcome, trace: AnswerTrace): Counterfactual {
  const byCode = trace.codeCalls.filter(({ tool }) => !OURS.test(tool));
  const direct = trace.calls.map(({ server, tool, args, resultTokens, startedAt, durationMs }): ToolResult => ({
    tool: `${server}.${tool}`,
    tokens: resultTokens,
    argumentTokens: countTokens(JSON.stringify(args ?? {})).tokens,
    startedAt,
    durationMs,
  }));
  return counterfactual({
    definitionTokens: countDefinitions(outcome.visible),
    conversationTokens: countTokens(JSON.stringify(request.messages)).tokens,
    results: [...byCode, ...direct],
    answerTokens: countTokens(outcome.choices.map(({ message }) => textOf(message)).join('\n')).tokens,
    used: trace.used,
  });
}
