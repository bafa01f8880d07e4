import type { ToolDescriptor } from '@switchyard/tools';
import type { CallSummary } from '../run-answer.ts';
import type { EndedRun } from './sampling.ts';

/** Hints are the upstream's own word: only a clear no counts. */
const mayDestroy = ({ annotations }: ToolDescriptor): boolean =>
  annotations.readOnlyHint !== true && annotations.destructiveHint !== false;

/** What of a run decides whether somebody looks at it. The sandbox's own servers (discovery, files) are no tools. */
export function endedRun({
  skills,
  calls,
  tools,
  ...run
}: Pick<EndedRun, 'id' | 'code' | 'status' | 'isBlocked'> & {
  readonly skills: readonly { readonly name: string }[];
  readonly calls: readonly Pick<CallSummary, 'tool' | 'status'>[];
  readonly tools: readonly ToolDescriptor[];
}): EndedRun {
  const known = new Map(tools.map((tool) => [`${tool.server}.${tool.name}`, tool]));
  return {
    ...run,
    skills: [...new Set(skills.map(({ name }) => name))],
    calls: calls.flatMap(({ tool, status }) => {
      const found = known.get(tool);
      return found ? [{ tool, status, mayDestroy: mayDestroy(found) }] : [];
    }),
  };
}
