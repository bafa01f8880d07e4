import { describe, expect, it } from '@jest/globals';
import type { Delta } from '../wire/turn.ts';
import { RestoredDeltas, restoreChoice } from './restore.ts';

const KNOWN: Readonly<Record<string, string>> = { '[EMAIL_1]': 'o"neil@example.com', '[PHONE_1]': '+49 30 901820' };
const backs = {
  putBack: (text: string) => text.replace(/\[[A-Z]+_\d+\]/g, (token) => KNOWN[token] ?? token),
  putBackInJson: (text: string) =>
    text.replace(/\[[A-Z]+_\d+\]/g, (token) => JSON.stringify(KNOWN[token] ?? token).slice(1, -1)),
};
const source = { model: 'm', extras: {} };

function streamed(deltas: readonly Delta[], isJson = false): Delta[] {
  const out: Delta[] = [];
  const restored = new RestoredDeltas(backs, isJson, (delta) => void out.push(delta));
  for (const delta of deltas) restored.take(delta, source);
  restored.end();
  return out;
}
const content = (pieces: readonly string[], index = 0): Delta[] =>
  pieces.map((piece) => ({ index, delta: { content: piece } }));
const textOf = (deltas: readonly Delta[], index = 0): string =>
  deltas.flatMap((one) => (one.index === index ? [String(one.delta['content'] ?? '')] : [])).join('');

describe('an answer that is streamed', () => {
  it('has what a token stands for, wherever it was cut, and nothing is shown of half a token', () => {
    const out = streamed(content(['Write to [EM', 'AIL', '_1', '] or call [PHONE_1', '].']));
    expect(textOf(out)).toBe('Write to o"neil@example.com or call +49 30 901820.');
    expect(out.map(({ delta }) => delta['content'])).toEqual([
      'Write to ',
      'o"neil@example.com or call ',
      '+49 30 901820.',
    ]);
  });

  it('ends with what was no token after all', () => {
    expect(textOf(streamed(content(['see [', 'EMAIL_'])))).toBe('see [EMAIL_');
    expect(textOf(streamed(content(['of nobody: [EMAIL_9]'])))).toBe('of nobody: [EMAIL_9]');
  });

  it('keeps choices and fields apart', () => {
    const mixed = [...content(['a [EMAIL']), ...content(['b [PHONE'], 1), ...content(['_1]']), ...content(['_1]'], 1)];
    const out = streamed(mixed);
    expect([textOf(out), textOf(out, 1)]).toEqual(['a o"neil@example.com', 'b +49 30 901820']);
  });

  it('stays JSON where JSON was asked for, and in the arguments of calls', () => {
    const out = streamed(content(['{"to":"[EMA', 'IL_1]"}']), true);
    expect(JSON.parse(textOf(out))).toEqual({ to: 'o"neil@example.com' });
    const pieces = ['{"to":"[EMAIL_', '1]","n":[1]}'].map((args): Delta => ({
      index: 0,
      delta: { tool_calls: [{ index: 0, function: { arguments: args } }] },
    }));
    const calls = streamed(pieces).flatMap(({ delta }) => delta['tool_calls'] as { function: { arguments: string } }[]);
    expect(JSON.parse(calls.map((call) => call.function.arguments).join(''))).toEqual({
      to: 'o"neil@example.com',
      n: [1],
    });
  });
});

describe('an answer in one piece', () => {
  it('has it in its text, its other fields and its calls', () => {
    const message = {
      role: 'assistant' as const,
      content: 'to [EMAIL_1]',
      reasoning_content: 'I think [PHONE_1]',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'mail', arguments: '{"to":"[EMAIL_1]"}' } }],
    };
    const restored = restoreChoice(backs, { message, finishReason: 'stop', logprobs: null }, false);
    expect(restored.message).toMatchObject({
      content: 'to o"neil@example.com',
      reasoning_content: 'I think +49 30 901820',
    });
    expect(JSON.parse(restored.message.tool_calls?.[0]?.function?.arguments ?? '')).toEqual({
      to: 'o"neil@example.com',
    });
  });
});
