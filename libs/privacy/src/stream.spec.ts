import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createStreamRestorer } from './stream.ts';

const putBack = (text: string): string =>
  text.replaceAll('[EMAIL_1]', 'bob@example.com').replaceAll('[CARD_12]', '4111');

const inPieces = (pieces: readonly string[]): string => {
  const restorer = createStreamRestorer(putBack);
  return pieces.map((piece) => restorer.push(piece)).join('') + restorer.end();
};

describe('a text that comes in pieces', () => {
  it.each([
    [['write to [EM', 'AIL_1', '], please'], 'write to bob@example.com, please'],
    [['[', 'E', 'M', 'A', 'I', 'L', '_', '1', ']'], 'bob@example.com'],
    [['[EMAIL_1][CARD_', '12]'], 'bob@example.com4111'],
    [['a [', 'b] and [', 'EMAIL'], 'a [b] and [EMAIL'],
    [['[EMAIL_9', '9]'], '[EMAIL_99]'],
  ])('%j is put together', (pieces, whole) => expect(inPieces(pieces)).toBe(whole));

  it('shows at once what can be no token', () => {
    const restorer = createStreamRestorer(putBack);
    expect(restorer.push('hello [you')).toBe('hello [you');
    expect(restorer.push(' [EMAIL')).toBe(' ');
    expect(restorer.push('s are]')).toBe('[EMAILs are]');
  });

  it('reads as it would in one piece, wherever it is cut', () => {
    const part = fc.constantFrom('[EMAIL_1]', '[CARD_12]', '[', ']', '_1', 'EMAIL', 'a ', '[[', '[EMAIL_', '7');
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.integer({ min: 1, max: 5 })), (parts, sizes) => {
        const text = parts.join('');
        const pieces: string[] = [];
        for (let at = 0, turn = 0; at < text.length; turn++) {
          const size = sizes[turn % Math.max(1, sizes.length)] ?? 3;
          pieces.push(text.slice(at, at + size));
          at += size;
        }
        expect(inPieces(pieces)).toBe(putBack(text));
      }),
      { numRuns: 500, seed: 3 },
    );
  });
});
