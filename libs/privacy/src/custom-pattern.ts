import { AppError } from '@switchyard/kernel';

/**
 * A tenant's own kind of private data, written as a mask and not as a regular expression, so that no text can make it slow:
 * `#` a digit, `@` a letter, `*` a letter or digit, all else itself (`EMP-######`, `KD@@ ####`).
 */
export interface CustomPattern {
  /** The name that its tokens carry, such as EMPLOYEE: 2 to 20 capital letters. */
  readonly kind: string;
  readonly mask: string;
}

const LONGEST_CHARS = 64;
const CLASSES: Readonly<Record<string, string>> = { '#': '\\d', '@': '\\p{L}', '*': '[\\p{L}\\p{N}]' };

/** Throws AppError `unprocessable` with what to change. */
export function compilePattern({ kind, mask }: CustomPattern): { readonly kind: string; readonly expression: RegExp } {
  if (!/^[A-Z]{2,20}$/.test(kind))
    throw new AppError('unprocessable', 'Name the kind with 2 to 20 capital letters, such as EMPLOYEE.', {
      path: 'kind',
    });
  const variable = [...mask].filter((character) => character in CLASSES).length;
  if (mask.length > LONGEST_CHARS || variable < 3)
    throw new AppError(
      'unprocessable',
      `A mask has at most ${LONGEST_CHARS} characters, and at least three of #, @ and *: others would replace half of every text.`,
      { path: 'mask' },
    );
  const body = [...mask]
    .map((character) => CLASSES[character] ?? character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('');
  return { kind, expression: new RegExp(`(?<![\\p{L}\\p{N}])${body}(?![\\p{L}\\p{N}])`, 'gu') };
}
