import type { Ctx } from '@switchyard/kernel';
import { counterfactual, countDefinitions, countTokens, lossOf, type RunEnd } from '@switchyard/ledger';
import type { ToolDescriptor } from '@switchyard/tools';
import type { CallSummary } from './run-answer.ts';

interface Ran {
  readonly status: RunEnd['status'];
  readonly code: string;
  readonly calls: readonly CallSummary[];
  readonly tools: readonly ToolDescriptor[];
  /** Tokens that went back. */
  readonly returned: number;
}

/**
 * What the traditional way would have used for a run from outside: no model is seen, so the code is what it wrote and the
 * answer is what it read. A chat accounts for its answers as a whole.
 */
export function otherWayOf(
  { surface }: Pick<Ctx, 'surface'>,
  { status, code, calls, tools, returned }: Ran,
): Pick<RunEnd, 'counterfactual'> {
  if (surface === 'chat' || surface === 'shadow') return {};
  const written = countTokens(code).tokens;
  const used = [{ inputTokens: returned, cachedInputTokens: 0, outputTokens: written, reasoningTokens: 0 }];
  if (status !== 'done') return { counterfactual: lossOf(used) };
  const other = counterfactual({
    definitionTokens: countDefinitions(tools),
    conversationTokens: 0,
    // A context that holds every definition looks nothing up, and has no files.
    results: calls.filter(({ tool }) => !/^(servers|workspace)\./.test(tool)),
    answerTokens: returned,
    used,
  });
  return { counterfactual: other };
}
