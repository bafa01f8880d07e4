import { expect, it } from '@jest/globals';
import { importChange } from './import-change.ts';

const tool = { server: 'search', functionName: 'getProductDetails' };

function applied(code: string): string {
  const change = importChange(code, tool);
  return change ? code.slice(0, change.from) + change.insert + code.slice(change.to) : code;
}

it('adds an import line before everything else', () => {
  expect(applied('return 1;')).toBe("import { getProductDetails } from 'servers/search';\nreturn 1;");
});

it('adds the name to the import that is there already, in each form that code may use', () => {
  for (const path of ['servers/search', './servers/search', './servers/search/index.ts'])
    expect(applied(`import { searchProducts } from '${path}';\n`)).toBe(
      `import { searchProducts, getProductDetails } from '${path}';\n`,
    );
});

it('changes nothing when the tool is imported, under another name too', () => {
  const code = "import { getProductDetails as details } from 'servers/search';\n";
  expect(importChange(code, tool)).toBeUndefined();
});

it('does not take another server whose name begins alike for the same', () => {
  expect(applied("import { x } from 'servers/search2';\n")).toBe(
    "import { getProductDetails } from 'servers/search';\nimport { x } from 'servers/search2';\n",
  );
});
