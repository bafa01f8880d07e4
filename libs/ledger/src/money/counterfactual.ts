import { LRUCache } from 'lru-cache';
import { countTokens } from '../tokens.ts';
import type { Usage } from './price.ts';

export interface ToolResult {
  /** `server.tool` */
  readonly tool: string;
  /** Of the whole result, as the gateway gave it. */
  readonly tokens: number;
  /** Of the call's arguments, which a model would have written. */
  readonly argumentTokens: number;
  readonly startedAt: Date;
  readonly durationMs: number;
}

export interface CounterfactualInput {
  /** Of the definitions of all tools that the caller may see, as the traditional way sends them (`countDefinitions`). */
  readonly definitionTokens: number;
  /** Of what both ways send on each turn: instructions of the app, history, the user's message. 0 where it is not known. */
  readonly conversationTokens: number;
  readonly results: readonly ToolResult[];
  /** Of the final answer, or of what the run gave back. */
  readonly answerTokens: number;
  /** What each model call of this way really used. */
  readonly used: readonly Usage[];
}

export interface ToolShare {
  readonly tool: string;
  readonly calls: number;
  /** Measured, each result once. */
  readonly resultTokens: number;
  /** Estimated: each result again on each later turn. */
  readonly otherInputTokens: number;
}

/** What an answer would have used the traditional way. Everything under `turns` and `tools.otherInputTokens` is estimated. */
export interface Counterfactual {
  /** Measured. */
  readonly definitionTokens: number;
  /** Measured, each result once. */
  readonly resultTokens: number;
  /** Measured. */
  readonly used: readonly Usage[];
  /** Estimated: the model calls of the traditional way, in their order. */
  readonly turns: readonly Usage[];
  readonly tools: readonly ToolShare[];
}

/** Calls that overlap in time were made together: a model would have asked for them in one turn. */
export function groupByTime(results: readonly ToolResult[]): ToolResult[][] {
  const ordered = [...results].sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
  const groups: ToolResult[][] = [];
  let firstEnd = -Infinity;
  for (const result of ordered) {
    const start = result.startedAt.getTime();
    const end = start + result.durationMs;
    const current = groups.at(-1);
    if (current && start < firstEnd) {
      current.push(result);
      firstEnd = Math.min(firstEnd, end);
    } else {
      groups.push([result]);
      firstEnd = end;
    }
  }
  return groups;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/**
 * The traditional way of the same work: a turn for each group of calls and one for the answer; every turn sends the
 * definitions, the conversation and all results so far. Wherever it must be guessed, the guess is against us: each turn
 * finds all of the turn before in the provider's cache, calls are as few turns as they can be, no call fails and no
 * definition is asked for twice. So a saving is rather more than is said, and may still be negative.
 */
export function counterfactual(input: CounterfactualInput): Counterfactual {
  const groups = groupByTime(input.results);
  const turns: Usage[] = [];
  let prompt = input.definitionTokens + input.conversationTokens;
  let before = 0;
  for (const group of [...groups, undefined]) {
    const output = group ? sum(group.map((result) => result.argumentTokens)) : input.answerTokens;
    turns.push({ inputTokens: prompt, cachedInputTokens: before, outputTokens: output, reasoningTokens: 0 });
    before = prompt;
    if (group) prompt += output + sum(group.map((result) => result.tokens));
  }
  return {
    definitionTokens: input.definitionTokens,
    resultTokens: sum(input.results.map((result) => result.tokens)),
    used: input.used,
    turns,
    tools: sharesOf(groups),
  };
}

/** Of work that came to nothing: the traditional way would not have made it, so all of it is a loss. */
export const lossOf = (used: readonly Usage[]): Counterfactual => ({
  definitionTokens: 0,
  resultTokens: 0,
  used,
  turns: [],
  tools: [],
});

function sharesOf(groups: readonly (readonly ToolResult[])[]): ToolShare[] {
  const shares = new Map<string, ToolShare>();
  for (const [at, group] of groups.entries())
    for (const { tool, tokens } of group) {
      const share = shares.get(tool) ?? { tool, calls: 0, resultTokens: 0, otherInputTokens: 0 };
      shares.set(tool, {
        tool,
        calls: share.calls + 1,
        resultTokens: share.resultTokens + tokens,
        otherInputTokens: share.otherInputTokens + tokens * (groups.length - at),
      });
    }
  return [...shares.values()];
}

/** What the traditional way sends of one tool. */
export interface DefinedTool {
  readonly server: string;
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly definitionHash: string;
}

const MAX_KNOWN = 20_000;
const known = new LRUCache<string, number>({ max: MAX_KNOWN });
const lists = new WeakMap<readonly DefinedTool[], number>();

/** Tokens of the definitions in OpenAI's form. A definition is counted once, and so is a list that is the same object. */
export function countDefinitions(tools: readonly DefinedTool[]): number {
  const counted = lists.get(tools) ?? sum(tools.map(countOne));
  lists.set(tools, counted);
  return counted;
}

function countOne({ server, name, description, inputSchema, definitionHash }: DefinedTool): number {
  const key = `${server}/${name}/${definitionHash}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const sent = { type: 'function', function: { name: `${server}__${name}`, description, parameters: inputSchema } };
  const { tokens } = countTokens(JSON.stringify(sent));
  known.set(key, tokens);
  return tokens;
}
