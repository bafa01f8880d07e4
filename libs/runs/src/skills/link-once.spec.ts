import { describe, expect, it } from '@jest/globals';
import type { ImportCatalog } from '@switchyard/execution';
import type { LinkOptions } from './link.ts';
import { linkOnce } from './link-once.ts';

const tree = (...tools: string[]): ImportCatalog => {
  const names = (path: string) => ({ servers: ['shop'], 'servers/shop': tools })[path];
  return Object.assign(names, { declaration: () => undefined });
};
const options = (over: Partial<LinkOptions> = {}): LinkOptions => ({
  imports: tree('find'),
  mode: 'enforce',
  limits: { calls: 60 },
  skills: new Map(),
  ...over,
});
const CODE = "import { find } from 'servers/shop'; return find({})";

describe('code that comes again', () => {
  it('is linked once for one tree', () => {
    const same = options();
    expect(linkOnce(CODE, same)).toMatchObject({ ok: true });
    expect(linkOnce(CODE, same)).toBe(linkOnce(CODE, same));
  });

  it('is looked at again for another tree, another mode and other limits', () => {
    const same = options();
    const first = linkOnce(CODE, same);
    expect(linkOnce(CODE, options({ imports: tree('other') }))).toMatchObject({ ok: false });
    expect(linkOnce(CODE, { ...same, mode: 'off' })).not.toBe(first);
    expect(linkOnce(CODE, { ...same, limits: { calls: 1 } })).not.toBe(first);
  });

  it('is looked at again where skills come in, which change without the tree', () => {
    const skills = new Map([['best', { name: 'best', version: 1, code: 'export const best = () => 1;' }]]);
    const code = "import { best } from 'skills/best'; return best()";
    const same = options();
    expect(linkOnce(code, { ...same, skills })).toMatchObject({ ok: true, skills: [{ name: 'best' }] });
    expect(linkOnce(code, { ...same, skills: new Map() })).toMatchObject({ ok: false });
  });
});
