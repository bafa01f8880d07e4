import { describe, expect, it } from '@jest/globals';
import { countTokens } from './tokens.ts';

const table = (rows: number): string =>
  Array.from({ length: rows }, (_, n) => JSON.stringify({ id: n, sku: `A4VTG${n * 7}`, stock: n % 91 })).join('\n');

describe('countTokens', () => {
  it('counts as o200k_base does', () => {
    expect(countTokens('')).toEqual({ tokens: 0, estimated: false });
    expect(countTokens('hello world')).toEqual({ tokens: 2, estimated: false });
    expect(countTokens('Größe: 漢字')).toEqual({ tokens: 6, estimated: false });
  });

  it('takes special tokens for text', () => {
    expect(countTokens('<|endoftext|>').tokens).toBeGreaterThan(1);
  });

  it('estimates long texts within two percent, and says so', () => {
    const part = table(1_500);
    const exact = countTokens(part).tokens;
    const long = countTokens(`${part}\n`.repeat(40));
    expect(long.estimated).toBe(true);
    expect(Math.abs(long.tokens / (exact * 40) - 1)).toBeLessThan(0.02);
  });

  it.each([
    ['one letter', 'a'.repeat(100_000)],
    ['blanks', ' '.repeat(100_000)],
    ['line ends', '\n'.repeat(100_000)],
    ['ideographs', '漢字仮名交'.repeat(20_000)],
    ['signs', '=-'.repeat(50_000)],
    ['combining marks', 'e\u0301\u0301'.repeat(33_000)],
    ['fifty megabytes', table(500).repeat(4_000)],
  ])('is not held up by %s', (_name, text) => {
    const started = performance.now();
    expect(countTokens(text).tokens).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(1_000); // uncut: 4 to 11 s
  });
});
