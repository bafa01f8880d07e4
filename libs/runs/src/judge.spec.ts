import { describe, expect, it } from '@jest/globals';
import type { Ctx, TenantId, UserId } from '@switchyard/kernel';
import type { ToolDescriptor } from '@switchyard/tools';
import { importCatalog, withDeclarations } from './import-catalog.ts';
import { judge, type Judging, type Precheck } from './judge.ts';
import { link } from './skills/link.ts';

const ctx: Ctx = {
  tenantId: 'tenant' as TenantId,
  principal: { kind: 'user', id: 'user' as UserId, name: 'Ada', role: 'admin' },
  surface: 'rest',
  traceId: '0'.repeat(32),
  signal: new AbortController().signal,
};
const tool = (name: string): ToolDescriptor => ({
  id: name as ToolDescriptor['id'],
  connectionId: 'shop' as ToolDescriptor['connectionId'],
  server: 'shop',
  name,
  upstreamName: name,
  path: `servers/shop/${name}.ts`,
  description: name,
  category: 'shop',
  inputSchema: { type: 'object' },
  annotations: {},
  definitionHash: name,
  declaration: `export declare function ${name}(): Promise<unknown>;`,
});
const TOOLS = [tool('lookUp'), tool('remove')];

const denies =
  (enforced: boolean): Precheck =>
  async (_ctx, { tool: name }) => ({
    effect: name === 'remove' ? 'deny' : 'allow',
    enforced,
    reasons: [{ message: 'A grant denies it.' }],
  });
const judged = (code: string, judging: Partial<Judging>, tools = TOOLS) => {
  const imports = importCatalog(tools);
  const mode = judging.validation ?? 'enforce';
  return judge({ validation: mode, ...judging }, ctx, {
    code,
    linked: link(code, { imports, mode, limits: { calls: 60 }, skills: new Map() }),
    imports: withDeclarations(imports, []),
    tools,
  });
};
const CODE = "import { lookUp, remove } from 'servers/shop';\nawait lookUp();\nreturn remove()";

describe('a look at policy before the run', () => {
  it('names a tool that the caller may see and that would be denied', async () => {
    expect(await judged(CODE, { precheck: denies(true) })).toEqual({
      ok: false,
      findings: [
        {
          stage: 'whole',
          code: 'policy-denied',
          message: 'Policy would deny shop.remove. A grant denies it.',
          hint: expect.stringContaining('grant'),
          line: 1,
          column: 18,
          severity: 'error',
        },
      ],
    });
  });

  it('finds members of a server imported whole, each once', async () => {
    const code =
      "import * as shop from 'servers/shop';\nawait shop.lookUp();\nawait shop.remove();\nreturn shop.remove()";
    const { findings } = await judged(code, { precheck: denies(true) });
    expect(findings).toMatchObject([{ code: 'policy-denied', line: 3, column: 7 }]);
  });

  it('in dry run it warns, and the code runs', async () => {
    expect(await judged(CODE, { precheck: denies(false) })).toMatchObject({
      ok: true,
      findings: [{ code: 'policy-dry-run', severity: 'warning' }],
    });
  });

  it('tells a tool that the caller may not see exactly as one that does not exist', async () => {
    const code = "import { remove } from 'servers/shop';\nreturn remove()";
    const unseen = await judged(code, { precheck: denies(true) }, [tool('lookUp')]);
    const missing = await judged(code, { precheck: async () => Promise.reject(new Error('must not be asked')) }, [
      tool('lookUp'),
    ]);
    expect(JSON.stringify(unseen)).toBe(JSON.stringify(missing));
    expect(unseen).toMatchObject({ ok: false, findings: [{ code: 'unknown-function' }] });
  });
});

describe('types', () => {
  const checker = (severity: 'error' | 'warning', line: number): Judging['typeChecker'] => ({
    check: async () => [{ stage: 'syntax', code: 'TS1', message: 'm', hint: 'h', line, column: 8, severity }],
  });

  it('an error of theirs refuses the code, a warning goes along', async () => {
    expect(await judged(CODE, { typeChecker: checker('error', 3) })).toMatchObject({
      ok: false,
      findings: [{ code: 'TS1' }],
    });
    expect(await judged(CODE, { typeChecker: checker('warning', 3) })).toMatchObject({
      ok: true,
      findings: [{ code: 'TS1' }],
    });
  });

  it('of two errors at one place the one that says why stands', async () => {
    const { findings } = await judged('return process', { typeChecker: checker('error', 1) });
    expect(findings).toMatchObject([{ code: 'process' }]);
  });

  it('are not asked of code that does not parse, nor with validation off', async () => {
    const never: Judging['typeChecker'] = { check: () => Promise.reject(new Error('must not be asked')) };
    expect((await judged('const a = ;', { typeChecker: never })).ok).toBe(false);
    const precheck: Precheck = () => Promise.reject(new Error('must not be asked'));
    expect((await judged(CODE, { validation: 'off', typeChecker: never, precheck })).ok).toBe(true);
  });
});
