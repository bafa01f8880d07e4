import type { PrivacyData } from './queries.ts';

export const KINDS = [
  { value: 'EMAIL', label: 'E-mail addresses' },
  { value: 'PHONE', label: 'Phone numbers' },
  { value: 'CARD', label: 'Card numbers' },
  { value: 'IBAN', label: 'Bank accounts (IBAN)' },
] as const;
export type Kind = PrivacyData['kinds'][number];

const PLACES: Readonly<Record<string, string>> = {
  message: 'Messages of the app',
  feedback: 'Feedback',
  run: 'Results and logs of code',
};
export const placeWords = (place: string): string => PLACES[place] ?? place;

/** One a line, as people write lists. */
export const linesOf = (items: readonly string[]): string => items.join('\n');
export const itemsOf = (lines: string): string[] =>
  lines
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** `EMPLOYEE EMP-######`, one a line: the name that tokens carry, and the mask behind it. */
export const patternLines = (patterns: PrivacyData['patterns']): string =>
  linesOf(patterns.map(({ kind, mask }) => `${kind} ${mask}`));
export const patternsOf = (lines: string): { kind: string; mask: string }[] =>
  lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [kind = '', ...mask] = line.trim().split(' ');
      return { kind, mask: mask.join(' ') };
    });
