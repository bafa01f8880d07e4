import { describe, expect, it } from '@jest/globals';
import { clean, nameOf, type SpanFacts } from './span-facts.ts';

describe('what leaves as attributes', () => {
  it('numbers, ids, routes and names do', () => {
    const facts: SpanFacts = {
      'switchyard.run.id': '0197a000-0000-7000-8000-000000000001',
      'gen_ai.conversation.id': 'a'.repeat(32),
      'http.route': '/v1/executions/:id',
      'gen_ai.request.model': '@cf/meta/llama-3.1-8b:free',
      'gen_ai.usage.input_tokens': 1_200,
      'switchyard.policy.enforced': true,
      'error.type': '503',
    };
    expect(clean(facts)).toEqual(facts);
  });

  it('text, addresses, numbers of cards and telephones do not, whatever the attribute', () => {
    for (const leak of [
      'ann.other@example.com',
      'the order of Ann Other',
      '{"email":"x"}',
      '4111111111111111',
      'card_4111111111111111',
      '+49 30 901820',
      'line\nbreak',
      '',
      'x'.repeat(101),
    ])
      expect(clean({ 'switchyard.server': leak })).toEqual({ 'switchyard.server': 'other' });
  });

  it('an attribute that is on no list does not', () => {
    expect(clean({ 'tool.arguments': 'x' } as SpanFacts)).toEqual({});
  });

  it('nor does a name of a span that a caller made up', () => {
    expect(nameOf(['tools/call', 'getOrder'])).toBe('tools/call getOrder');
    expect(nameOf(['chat', 'write to ann@example.com'])).toBe('chat other');
  });
});
