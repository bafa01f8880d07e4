import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { counterfactual, countDefinitions, groupByTime, type ToolResult } from './counterfactual.ts';

const START = Date.UTC(2026, 10, 21);
const result = (atMs: number, over: Partial<ToolResult> = {}): ToolResult => ({
  tool: 'docs.getDocument',
  tokens: 1_000,
  argumentTokens: 20,
  startedAt: new Date(START + atMs),
  durationMs: 50,
  ...over,
});
const input = { definitionTokens: 5_000, conversationTokens: 300, answerTokens: 80, used: [], results: [] };

describe('the traditional way of the same work', () => {
  it('is one turn where no tool was needed', () => {
    expect(counterfactual(input).turns).toEqual([
      { inputTokens: 5_300, cachedInputTokens: 0, outputTokens: 80, reasoningTokens: 0 },
    ]);
  });

  it('sends the definitions on every turn, and each result on every later one', () => {
    const { turns, tools, resultTokens } = counterfactual({
      ...input,
      results: [result(0), result(100, { tokens: 2_000, tool: 'crm.update' })],
    });
    expect(turns).toEqual([
      { inputTokens: 5_300, cachedInputTokens: 0, outputTokens: 20, reasoningTokens: 0 },
      { inputTokens: 6_320, cachedInputTokens: 5_300, outputTokens: 20, reasoningTokens: 0 },
      { inputTokens: 8_340, cachedInputTokens: 6_320, outputTokens: 80, reasoningTokens: 0 },
    ]);
    expect(resultTokens).toBe(3_000);
    expect(tools).toEqual([
      { tool: 'docs.getDocument', calls: 1, resultTokens: 1_000, otherInputTokens: 2_000 },
      { tool: 'crm.update', calls: 1, resultTokens: 2_000, otherInputTokens: 2_000 },
    ]);
  });

  it('asks in one turn for what the code asked for side by side', () => {
    const together = [result(0), result(10), result(20)];
    expect(groupByTime([...together, result(200)]).map((group) => group.length)).toEqual([3, 1]);
    expect(counterfactual({ ...input, results: together }).turns).toHaveLength(2);
  });

  it('holds together whatever was called: prompts only grow, and the cache is never more than the prompt', () => {
    const any = fc.record({ atMs: fc.nat(10_000), tokens: fc.nat(50_000), durationMs: fc.nat(3_000) });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 60 }), (calls) => {
        const results = calls.map(({ atMs, ...over }) => result(atMs, over));
        const { turns, tools, resultTokens } = counterfactual({ ...input, results });
        turns.forEach((turn, at) => {
          expect(turn.cachedInputTokens).toBe(turns[at - 1]?.inputTokens ?? 0);
          expect(turn.inputTokens).toBeGreaterThanOrEqual(turn.cachedInputTokens);
        });
        expect(turns.length).toBeLessThanOrEqual(calls.length + 1);
        expect(tools.reduce((total, tool) => total + tool.resultTokens, 0)).toBe(resultTokens);
      }),
    );
  });
});

describe('definitions', () => {
  it('are counted by the tokenizer, once each', () => {
    const tool = {
      server: 'search',
      name: 'searchProducts',
      description: 'Finds products by words, part numbers or categories.',
      inputSchema: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
      definitionHash: 'one',
    };
    const tokens = countDefinitions([tool]);
    expect(tokens).toBeGreaterThan(30);
    expect(tokens).toBeLessThan(80);
    expect(countDefinitions([tool, { ...tool, name: 'searchProduct2' }])).toBeGreaterThan(tokens * 1.8);
  });
});
