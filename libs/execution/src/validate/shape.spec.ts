import { describe, expect, it } from '@jest/globals';
import { codeShape } from './shape.ts';

const CODE = `import { searchProducts } from 'servers/search';
const { results } = await searchProducts({ query: 'pumps', limit: 100 });
return results.filter((one) => one.stock > 0).slice(0, 15);`;

describe('the shape of code', () => {
  it.each([
    ['other values', CODE.replace("'pumps'", "'valves'").replace('100', '50')],
    ['other names', CODE.replaceAll('one', 'product')],
    ['comments and layout', CODE.replace('const', '/* looks */\nconst').replaceAll(', ', ',\n  ')],
    ['types', CODE.replace("'pumps'", '"pumps"')],
  ])('does not depend on %s', (_name, code) => {
    expect(code).not.toBe(CODE);
    expect(codeShape(code)).toBe(codeShape(CODE));
  });

  it.each([
    ['another tool', CODE.replaceAll('searchProducts', 'deleteProducts')],
    ['another server', CODE.replace('servers/search', 'servers/shop')],
    ['another property', CODE.replace('.stock', '.price')],
    ['another argument', CODE.replace('limit:', 'offset:')],
    ['another operator', CODE.replace('> 0', '< 0')],
    [
      'another order',
      CODE.replace('.filter((one) => one.stock > 0).slice(0, 15)', '.slice(0, 15).filter((one) => one.stock > 0)'),
    ],
    ['a name used in the place of another', CODE.replace('return results', 'return searchProducts')],
    ['another global', CODE.replace('limit: 100', 'limit: Math.max(1, 2)')],
    ['one statement more', `${CODE.replace('return', 'console.log(1); return')}`],
  ])('is another with %s', (_name, code) => {
    expect(code).not.toBe(CODE);
    expect(codeShape(code)).not.toBe(codeShape(CODE));
  });

  it('tells one global from another', () => {
    expect(codeShape('return Math.max(1)')).not.toBe(codeShape('return Number.max(1)'));
  });

  it('is nothing for what is no program, or too much of one', () => {
    expect(codeShape('return (')).toBeNull();
    expect(codeShape('x'.repeat(70_000))).toBeNull();
    expect(codeShape('((('.repeat(3_000))).toBeNull();
    expect(codeShape('')).toMatch(/^[0-9a-f]{64}$/);
  });
});
