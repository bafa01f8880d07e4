import { describe, expect, it } from '@jest/globals';
import { prepare } from './prepare.ts';
import { skillModule } from './skill-module.ts';

const imports = (path: string): string[] | undefined =>
  ({ servers: ['shop'], 'servers/shop': ['find'], skills: ['other'] })[path];
const made = (code: string, name = 'topSellers', outputType?: string) => {
  const result = skillModule(code, name, outputType);
  if (!result.ok) throw new Error(JSON.stringify(result.findings));
  const prepared = prepare(result.skill.code, { imports });
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.findings));
  return { ...result.skill, prepared };
};

describe('skillModule', () => {
  it('keeps the types of a named function, with those that they name and no others', () => {
    const skill = made(`import { find } from 'servers/shop';
interface Row { name: string; maker: Maker }
type Maker = { id: number };
interface Unused { x: 1 }
export async function topSellers({ limit = 10 }: { limit?: number } = {}): Promise<Row[]> {
  return (await find({ limit })) as Row[];
}`);
    expect(skill.declaration).toBe(`export declare function topSellers(input?: { limit?: number }): Promise<Row[]>;
export interface Row { name: string; maker: Maker }
export type Maker = { id: number };`);
    expect(skill).toMatchObject({ inputType: '{ limit?: number }', outputType: 'Row[]' });
    expect(skill.prepared.tools).toMatchObject([{ server: 'shop', tool: 'find' }]);
  });

  it.each([
    [
      'export default async function (input: string): Promise<number> { return input.length }',
      'input: string',
      'number',
    ],
    ['const f = (input: string): number => input.length;\nexport default f;', 'input: string', 'number'],
    ['export const topSellers = async (input: string) => input', 'input: string', 'unknown'],
    ['function topSellers() { return 1 }\nexport { topSellers };', '', 'unknown'],
  ])('takes %s', (code, input, output) => {
    expect(made(code).declaration).toBe(`export declare function topSellers(${input}): Promise<${output}>;`);
  });

  it('makes the code of a run the body of the function', () => {
    const skill = made(
      `import { find } from 'servers/shop';\ntype Row = { n: number };\nconst all = await find({});\n// the first\nreturn all as Row;`,
      'firstOne',
      '{ n: number }',
    );
    expect(skill.code).toBe(`import { find } from 'servers/shop';
type Row = { n: number };

export async function firstOne(): Promise<{ n: number }> {
  const all = await find({});
  // the first
  return all as Row;
}
export { firstOne as default };
`);
    expect(made('const x = 1;\nexport default x + 1;').code).toContain('return x + 1;');
  });

  it('leaves lines of a template literal as they are', () => {
    expect(made('return `a\nb`;').code).toContain('return `a\nb`;');
  });

  it.each([
    ['export function other() {}', 'exports no function topSellers'],
    ['export function topSellers(a: 1, b: 2) {}', 'takes 2 parameters'],
    ['export function topSellers() {}\nreturn 1', 'returns from its function'],
    ['export function {', 'xpected'],
  ])('refuses %s', (code, message) => {
    const result = skillModule(code, 'topSellers');
    expect(result.ok ? '' : result.findings[0]?.message).toContain(message);
  });
});
