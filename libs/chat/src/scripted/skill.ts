import type { z } from 'zod';

/** A call of a tool of the skill's server. */
export interface PlannedCall {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What the tools gave, in the order of the calls; an error's message where one failed. */
export type CallResult =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/**
 * One kind of question that the scripted model can answer. Both ways come to the same facts: with tools called one by
 * one, `facts` makes them of the results; with code, the code does and returns them. What is said is made of facts alone.
 */
export interface Skill<Params, Facts> {
  readonly name: string;
  /** Whose tools it takes; the demo's `search` unless told. */
  readonly server?: string;
  /** Undefined where the question is of another kind. */
  match(question: string): Params | undefined;
  /** For search_tools. */
  readonly searchFor: string;
  /** The next calls, given the results so far; none when there is enough. */
  plan(params: Params, results: readonly CallResult[]): readonly PlannedCall[];
  facts(params: Params, results: readonly CallResult[]): Facts;
  code(params: Params): string;
  readonly Facts: z.ZodType<Facts>;
  say(params: Params, facts: Facts): string;
  /** More than 100 rows or several steps: what the hybrid arm leaves to code. */
  readonly heavy: boolean;
}

export const define = <Params, Facts>(skill: Skill<Params, Facts>): Skill<Params, Facts> => skill;

/** A question taken up by a skill; the types of a skill stay within. */
export interface Matched {
  readonly skill: string;
  readonly server: string;
  readonly heavy: boolean;
  readonly searchFor: string;
  readonly code: string;
  plan(results: readonly CallResult[]): readonly PlannedCall[];
  /** From the results of tools that were called one by one. */
  sayOfResults(results: readonly CallResult[]): string;
  /** From what the code returned; undefined where that is not what it should be. */
  sayOfReturned(returned: unknown): string | undefined;
}

export function matched<Params, Facts>(skill: Skill<Params, Facts>, question: string): Matched | undefined {
  const params = skill.match(question);
  if (params === undefined) return undefined;
  return {
    skill: skill.name,
    server: skill.server ?? 'search',
    heavy: skill.heavy,
    searchFor: skill.searchFor,
    code: skill.code(params),
    plan: (results) => skill.plan(params, results),
    sayOfResults: (results) => skill.say(params, skill.facts(params, results)),
    sayOfReturned(returned) {
      const parsed = skill.Facts.safeParse(returned);
      return parsed.success ? skill.say(params, parsed.data) : undefined;
    },
  };
}
