import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IMPORT_RULES } from '../validate/import-rules.ts';
import type { ImportCatalog } from '../validate/import-form.ts';
import { PATTERN_RULES } from '../validate/pattern-rules.ts';
import { validate } from '../validate/validate.ts';
import { WHOLE_CODES } from '../validate/whole.ts';
import { createTypeChecker, type TypeChecker } from './type-checker.ts';

const page = fs.readFileSync(new URL('../../../../docs/validation.md', import.meta.url), 'utf8');
const declaration = /```ts\n([^]*?)```/.exec(page)?.[1] ?? '';

/** The rows of the table below a heading: cells without their backticks. */
function rowsOf(heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
    );
}

const NAMES: Record<string, readonly string[]> = {
  servers: ['search'],
  'servers/search': ['searchProducts'],
  skills: ['topSellers'],
};
const imports: ImportCatalog = Object.assign((path: string) => NAMES[path], {
  declaration: (path: string) => (path === 'servers/search/searchProducts' ? declaration : undefined),
});
/** An example that would not fit on a line is described. */
const exampleOf = (cell = ''): string =>
  ({ 'a text of 8,001 letters': `return '${'x'.repeat(8_001)}'`, 'one of 4,000': `return '${'x'.repeat(4_000)}'` })[
    cell
  ] ?? cell;
const codesOf = (code: string): string[] => validate(code, imports).findings.map((finding) => finding.code);

describe('the page on validation', () => {
  it('has a row for each rule, and none besides', () => {
    expect(rowsOf('Imports').map(([code]) => code)).toEqual(Object.keys(IMPORT_RULES));
    expect(rowsOf('Patterns').map(([code]) => code)).toEqual(Object.keys(PATTERN_RULES));
    expect(rowsOf('Whole').map(([code]) => code)).toEqual([...WHOLE_CODES, 'policy-denied', 'policy-dry-run']);
  });

  it.each([...rowsOf('Imports'), ...rowsOf('Patterns')])('%s: %s', (code, _why, refused, harmless) => {
    expect(codesOf(exampleOf(refused))).toContain(code);
    expect(codesOf(exampleOf(harmless))).toEqual([]);
  });

  it.each(Object.entries({ ...IMPORT_RULES, ...PATTERN_RULES }))(
    '%s says what is wrong and what to do',
    (code, rule) => {
      expect(rule.message).toMatch(/\.$/);
      // The hints of unknown names are made from what there is.
      if (!code.startsWith('unknown-')) expect(rule.hint.length).toBeGreaterThan(10);
    },
  );

  describe('types', () => {
    let checker: TypeChecker;
    beforeAll(() => {
      checker = createTypeChecker({ servers: 1, checkMs: 20_000, queueMs: 60_000 });
    });
    afterAll(() => checker.close());
    const check = (code: string) =>
      checker.check({ code: `import { searchProducts } from 'servers/search';\n${code}`, imports, tenant: 'a' });

    it.each(rowsOf('Types'))('%s: %s', async (code, _why, refused = '', harmless = '') => {
      expect(await check(refused)).toMatchObject([{ code, severity: 'error', line: 2 }]);
      expect(await check(harmless)).toEqual([]);
    });
  });
});
