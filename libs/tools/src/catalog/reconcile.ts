import type { ToolId } from '@switchyard/kernel';
import type { ListedTool } from '../upstream/list-tools.ts';
import { definitionHash, definitionOf, type Definition } from './descriptor.ts';
import { functionNames } from './function-name.ts';

export const TOOL_STATUSES = ['active', 'held', 'removed', 'invalid'] as const;
export type ToolStatus = (typeof TOOL_STATUSES)[number];

/** What is known of a tool before its server is asked again. */
export interface KnownTool {
  readonly id: ToolId;
  readonly name: string;
  readonly functionName: string;
  readonly status: ToolStatus;
  readonly definitionHash: string;
  readonly pendingHash: string | null;
  /** False while no definition of it was ever fit for use: then there is nothing to hold on to. */
  readonly pinned: boolean;
}

export type ToolStep =
  | { readonly kind: 'add'; readonly functionName: string; readonly listed: ListedTool; readonly hash: string }
  /** Was never fit for use and is described anew, well or badly. */
  | {
      readonly kind: 'replace';
      readonly id: ToolId;
      readonly functionName: string;
      readonly listed: ListedTool;
      readonly hash: string;
    }
  | {
      readonly kind: 'hold';
      readonly id: ToolId;
      readonly problem: string;
      readonly pending: Definition | null;
      readonly hash: string | null;
    }
  | { readonly kind: 'restore'; readonly id: ToolId }
  | { readonly kind: 'remove'; readonly id: ToolId };

/**
 * What a new listing means for the pinned definitions. A definition that an admin has not seen never takes effect in
 * place of one that was: neither by changing, nor by vanishing or turning invalid and coming back changed.
 */
export function reconcile(known: readonly KnownTool[], listed: readonly ListedTool[]): ToolStep[] {
  const names = functionNames(
    listed.map((tool) => tool.name),
    new Map(known.map((tool) => [tool.name, tool.functionName])),
  );
  const byName = new Map(known.map((tool) => [tool.name, tool]));
  const steps: ToolStep[] = [];
  for (const tool of listed) {
    const before = byName.get(tool.name);
    byName.delete(tool.name);
    const hash = definitionHash(definitionOf(tool));
    const name = names.get(tool.name) ?? tool.name;
    if (!before) steps.push({ kind: 'add', functionName: name, listed: tool, hash });
    else if (!before.pinned) {
      if (before.definitionHash !== hash || before.status === 'removed')
        steps.push({ kind: 'replace', id: before.id, functionName: name, listed: tool, hash });
    } else if (tool.problem !== undefined)
      steps.push({
        kind: 'hold',
        id: before.id,
        problem: `Its new definition is not valid: ${tool.problem}`,
        pending: null,
        hash: null,
      });
    else if (before.definitionHash === hash) {
      if (before.status !== 'active') steps.push({ kind: 'restore', id: before.id });
    } else if (before.status !== 'held' || before.pendingHash !== hash)
      steps.push({
        kind: 'hold',
        id: before.id,
        problem: 'Its definition has changed: compare, and accept it or leave it held.',
        pending: definitionOf(tool),
        hash,
      });
  }
  for (const gone of byName.values()) if (gone.status !== 'removed') steps.push({ kind: 'remove', id: gone.id });
  return steps;
}
