// For specs: a Compare on a real database, with arms that a spec scripts and a record of what it told others.
import { createMasker } from '@switchyard/privacy';
import { systemClock, type Arm, type Ctx } from '@switchyard/kernel';
import { appendAudit } from '@switchyard/ledger';
import type { Database } from '@switchyard/database';
import type { AnswerOptions, ArmAnswer, ChatTurn, Embed, ServedAnswer } from './answers/arm-answer.ts';
import { createCompare, type Compare } from './compare.ts';
import { Suite } from './suites/suite.ts';

export interface Asked {
  readonly arm: Arm;
  readonly question: string;
  readonly options: AnswerOptions;
  readonly surface: string;
}

export const answerOf = (over: Partial<ArmAnswer> = {}): ArmAnswer => ({
  text: 'There are 40 A4VTG90 in stock.',
  tools: [],
  calls: 1,
  denied: false,
  runs: [],
  modelCalls: 2,
  usage: { inputTokens: 900, cachedInputTokens: 100, outputTokens: 100, reasoningTokens: 0, estimated: false },
  latencyMs: 10,
  costMicros: 1_000n,
  model: 'gpt-test',
  scripted: false,
  error: null,
  ...over,
});

export const servedOf = (over: Partial<ServedAnswer> = {}): ServedAnswer => ({
  id: crypto.randomUUID(),
  conversation: 'talk-1',
  exposureId: null,
  arm: 'traditional',
  messages: [{ role: 'user', content: 'How many A4VTG90 do you have?' }],
  answer: answerOf(),
  at: new Date(),
  ...over,
});

/** `count` cases of one question each, one in ten of which writes where `writes`. */
export const suiteOf = (count: number, more: { writes?: boolean } = {}): Suite =>
  Suite.parse({
    suite: 'test',
    version: 1,
    title: 'Test',
    description: 'Of a spec.',
    requires: ['search.searchProducts'],
    cases: Array.from({ length: count }, (_, at) => ({
      id: `case-${at}`,
      category: 'exact_sku',
      messages: [{ role: 'user', content: `question ${at}` }],
      expected: [{ kind: 'number', value: 40, of: 'stock' }],
      writes: more.writes === true && at % 10 === 0,
    })),
  });

type Script = (arm: Arm, question: string, ctx: Ctx) => Promise<ArmAnswer> | ArmAnswer;

export interface OpenedCompare {
  readonly compare: Compare;
  readonly asked: Asked[];
  readonly accuracies: unknown[];
  readonly logged: string[];
}

export function openCompare(
  database: Database,
  {
    script = () => answerOf(),
    suites = [suiteOf(6)],
    embed,
    tools = ['search.searchProducts'],
  }: {
    script?: Script;
    suites?: readonly Suite[];
    embed?: Embed;
    tools?: readonly string[];
  } = {},
): OpenedCompare {
  const asked: Asked[] = [];
  const accuracies: unknown[] = [];
  const logged: string[] = [];
  const compare = createCompare({
    database,
    clock: systemClock,
    audit: (tx, ctx, event) => appendAudit(tx, ctx, event, systemClock),
    async answerWith(ctx, arm, messages: readonly ChatTurn[], options) {
      const question = messages.at(-1)?.content ?? '';
      asked.push({ arm, question, options, surface: ctx.surface });
      const answer = await script(arm, question, ctx);
      ctx.signal.throwIfAborted();
      return answer;
    },
    embed,
    onlyReads: async (_ctx, used) => !used.includes('shop.order'),
    recordAccuracy: async (_ctx, accuracy) => void accuracies.push(accuracy),
    toolsOf: async () => new Set(tools),
    maskerOf: async () => createMasker(),
    log: (message) => void logged.push(message),
    suites,
  });
  return { compare, asked, accuracies, logged };
}

export async function until(what: string, is: () => Promise<boolean> | boolean, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await is())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
