import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { z } from 'zod';
import { Verdict, type MatchedGrant, type PolicyInput, type ToolRef } from './decision.ts';
import { indexRules, localClock, type RuleTerms } from './rules.ts';

/** Node has it; its type is in TypeScript's browser library only. */
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

/** The compiled policy, shared by all tenants' instances. */
export type PolicyModule = object;

/** One tenant's instance: pure, in process, a few microseconds a decision. */
export interface Engine {
  decide(input: PolicyInput): Verdict;
  /** As `decide`, of an input that is JSON already, with `local` where rules look at clocks. */
  judge(input: string): Verdict;
  /** The positions of the tools whose call would be allowed. */
  visible(input: Omit<PolicyInput, 'server' | 'tool'>, tools: readonly ToolRef[]): number[];
}

const DecisionAnswer = z.tuple([z.object({ result: Verdict })]);
const VisibleAnswer = z.tuple([z.object({ result: z.array(z.number().int()) })]);

export const compilePolicy = (wasm: Uint8Array): Promise<PolicyModule> => WebAssembly.compile(wasm);

type Tree = { [key: string]: Tree | string };

const branch = (tree: Tree, key: string): Tree => {
  const found = tree[key];
  if (typeof found === 'object') return found;
  return (tree[key] = Object.create(null) as Tree);
};

/** The grants as the Rego looks them up: kind → subject → server → tool → effect. No prototype, so that any name is a key. */
export function indexGrants(grants: readonly MatchedGrant[]): Tree {
  const root = Object.create(null) as Tree;
  for (const { subjectKind, subject, server, tool, effect } of grants)
    branch(branch(branch(root, subjectKind), subject), server)[tool] = effect;
  return root;
}

/** Lone surrogates, which JSON.stringify escapes and the module's parser refuses; an escaped backslash is passed over. */
const LONE_SURROGATE = /\\(ud[89a-f][0-9a-f]{2}|.)/g;

const utf8 = new TextEncoder();

/** JSON as the module parses it without fail. */
export const asInput = (value: unknown): string =>
  JSON.stringify(value).replace(LONE_SURROGATE, (escape) => (escape.length === 6 ? '\\ufffd' : escape));

const encode = (value: unknown): ArrayBuffer => utf8.encode(asInput(value)).buffer;

/** The module throws strings. */
function orError<Answer>(evaluate: () => Answer): Answer {
  try {
    return evaluate();
  } catch (thrown) {
    throw thrown instanceof Error ? thrown : new Error(`the policy could not be evaluated: ${String(thrown)}`);
  }
}

/** What a tenant has decided: the data that the rules of the house read. */
export interface PolicyData {
  readonly grants: readonly MatchedGrant[];
  readonly rules: readonly RuleTerms[];
}

/** Instantiates the module with one tenant's grants and rules. An answer that is not of the expected shape throws: no decision, no call. */
export async function openEngine(module: PolicyModule, { grants, rules }: PolicyData): Promise<Engine> {
  const instance = await loadPolicy(module);
  instance.setData(encode({ tenant: { grants: indexGrants(grants), rules: indexRules(rules) } }));
  const localTimes = localClock(rules);
  const onClock = (input: PolicyInput): PolicyInput =>
    localTimes ? { ...input, local: localTimes(new Date(input.time)) } : input;
  const evaluate = (input: unknown, entrypoint: string): unknown =>
    orError(() => instance.evaluate(encode(input), entrypoint));
  return {
    decide: (input) => DecisionAnswer.parse(evaluate(onClock(input), 'switchyard/decision'))[0].result,
    judge: (input) =>
      DecisionAnswer.parse(orError(() => instance.evaluate(utf8.encode(input).buffer, 'switchyard/decision')))[0]
        .result,
    visible: (input, tools) => VisibleAnswer.parse(evaluate({ ...input, tools }, 'switchyard/visible'))[0].result,
  };
}
