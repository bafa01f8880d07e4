import fs from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  newId,
  systemClock,
  type Ctx,
  type KeyId,
  type Principal,
  type TenantId,
  type UserId,
} from '@switchyard/kernel';
import { toDecisionRow } from './decisions.store.ts';
import { compilePolicy, openEngine, type PolicyModule } from './engine.ts';
import { effective, parseChanges, requirePolicyAdmin } from './grants.ts';
import type { MatchedGrant, PolicyInput } from './decision.ts';
import { parseRule, type RuleInput } from './rules.ts';
import { subjectsOf } from './subjects.ts';

const wasm = fs.readFileSync(new URL('../../../policies/policy.wasm', import.meta.url));
const keyId = newId<KeyId>();
const analyst: Principal = { kind: 'user', id: newId<UserId>(), name: 'ada@example.com', role: 'analyst' };
const key: Principal = { kind: 'key', id: keyId, name: 'ci', scopes: ['runs'] };
const operator: Principal = { kind: 'operator', id: 'operator', name: 'root' };
const system: Principal = { kind: 'system', id: 'system', name: 'switchyard' };

const grant = (subject: string, address: string, effect: 'allow' | 'deny' = 'allow'): MatchedGrant => {
  const [server = '', tool = ''] = address.split('.');
  return { subjectKind: subject === keyId ? 'key' : 'role', subject, server, tool, effect };
};

const inputOf = (principal: Principal, address: string, over: Partial<PolicyInput> = {}): PolicyInput => {
  const [server = '', tool = ''] = address.split('.');
  return {
    tenant: newId<TenantId>(),
    principal,
    subjects: subjectsOf(principal),
    server,
    tool,
    annotations: {},
    arm: 'code',
    surface: 'rest',
    time: '2026-11-21T10:00:00.000Z',
    purpose: 'call',
    ...over,
  };
};

describe('the compiled policy', () => {
  let module: PolicyModule;
  beforeAll(async () => {
    module = await compilePolicy(wasm);
  });
  const decide = async (principal: Principal, address: string, grants: MatchedGrant[], over?: Partial<PolicyInput>) =>
    (await openEngine(module, { grants, rules: [] })).decide(inputOf(principal, address, over));

  it('lets a shadow run call only what says that it only reads', async () => {
    const granted = [grant('analyst', 'memory.*')];
    const inShadow = (annotations: object) =>
      decide(analyst, 'memory.read_graph', granted, { surface: 'shadow', annotations });
    expect(await inShadow({ readOnlyHint: true })).toMatchObject({ effect: 'allow' });
    expect(await inShadow({})).toMatchObject({ effect: 'deny', reasons: [{ code: 'shadow_read_only' }] });
  });

  it.each<[string, Principal, string, MatchedGrant[], 'allow' | 'deny', string]>([
    ['nothing granted', analyst, 'memory.read_graph', [], 'deny', 'no_grant'],
    ['the exact grant', analyst, 'memory.read_graph', [grant('analyst', 'memory.read_graph')], 'allow', 'granted'],
    ['a whole server', analyst, 'memory.read_graph', [grant('analyst', 'memory.*')], 'allow', 'granted'],
    ['a tool of any server', analyst, 'memory.read_graph', [grant('analyst', '*.read_graph')], 'allow', 'granted'],
    ['everything', analyst, 'memory.read_graph', [grant('analyst', '*.*')], 'allow', 'granted'],
    ['another server', analyst, 'memory.read_graph', [grant('analyst', 'files.*')], 'deny', 'no_grant'],
    ['another role', analyst, 'memory.read_graph', [grant('admin', '*.*')], 'deny', 'no_grant'],
    [
      'an exact deny under a wide allow',
      analyst,
      'memory.delete_entities',
      [grant('analyst', '*.*'), grant('analyst', 'memory.delete_entities', 'deny')],
      'deny',
      'denied_by_grant',
    ],
    [
      'a wide deny over an exact allow',
      analyst,
      'memory.read_graph',
      [grant('analyst', '*.*', 'deny'), grant('analyst', 'memory.read_graph')],
      'deny',
      'denied_by_grant',
    ],
    ["a key's own grant", key, 'memory.read_graph', [grant(keyId, 'memory.*')], 'allow', 'granted'],
    ['a grant to all keys', key, 'memory.read_graph', [grant('api_key', 'memory.*')], 'allow', 'granted'],
    [
      "a deny to all keys over a key's own allow",
      key,
      'memory.read_graph',
      [grant('api_key', 'memory.*', 'deny'), grant(keyId, '*.*')],
      'deny',
      'denied_by_grant',
    ],
    ['the operator as an owner', operator, 'memory.read_graph', [grant('owner', '*.*')], 'allow', 'granted'],
    ['the operator without grant', operator, 'memory.read_graph', [], 'deny', 'no_grant'],
    ['the product itself', system, 'memory.read_graph', [grant('owner', '*.*')], 'deny', 'no_subject'],
    [
      'names of prototypes',
      analyst,
      '__proto__.constructor',
      [grant('analyst', '__proto__.constructor')],
      'allow',
      'granted',
    ],
    ['names of prototypes, not granted', analyst, '__proto__.toString', [], 'deny', 'no_grant'],
  ])('%s', async (_name, principal, address, grants, effect, code) => {
    const verdict = await decide(principal, address, grants);
    expect([verdict.effect, verdict.reasons[0]?.code]).toEqual([effect, code]);
  });

  it('says what to do, and which grants spoke', async () => {
    const denied = await decide(analyst, 'memory.delete_entities', []);
    expect(denied.reasons[0]?.message).toBe(
      'no grant lets role analyst use memory.delete_entities; an admin grants it on the Grants page',
    );
    const allowed = await decide(key, 'memory.read_graph', [grant('api_key', 'memory.*'), grant(keyId, '*.*')]);
    expect(allowed.grants).toHaveLength(2);
    expect(allowed.grants).toContainEqual(grant(keyId, '*.*'));
    expect(allowed.obligations).toEqual({ maskFields: [], rowCap: null, callCap: null, approval: null });
  });

  it('does not believe what a tool says about itself', async () => {
    const verdict = await decide(analyst, 'memory.read_graph', [], { annotations: { readOnlyHint: true } });
    expect(verdict.effect).toBe('deny');
  });

  it('takes any arguments', async () => {
    const odd = { text: 'Größe "x" \u0000 \ud800 漢字', n: 1e308, deep: [[[{}]]], long: 'a'.repeat(200_000) };
    const verdict = await decide(analyst, 'memory.read_graph', [grant('analyst', '*.*')], { arguments: odd });
    expect(verdict.effect).toBe('allow');
  });

  it('shows in one go what single decisions would allow, quickly at 1,000 tools', async () => {
    const tools = Array.from({ length: 1_000 }, (_, n) => ({ server: `s${n % 20}`, tool: `tool_${n}` }));
    const grants = [
      ...tools.filter((_, n) => n % 3 === 0).map(({ server, tool }) => grant('analyst', `${server}.${tool}`)),
      grant('analyst', 's7.*'),
      grant('analyst', 's7.tool_27', 'deny'),
    ];
    const engine = await openEngine(module, { grants, rules: [] });
    const started = performance.now();
    const positions = engine.visible(inputOf(analyst, 'x.y'), tools);
    const visibleMs = performance.now() - started;
    const singly = tools.flatMap(({ server, tool }, position) =>
      engine.decide(inputOf(analyst, `${server}.${tool}`)).effect === 'allow' ? [position] : [],
    );
    expect(positions).toEqual(singly);
    const times = tools.map(({ server, tool }) => {
      const from = performance.now();
      engine.decide(inputOf(analyst, `${server}.${tool}`, { arguments: { query: 'pumps', limit: 10 } }));
      return performance.now() - from;
    });
    times.sort((a, b) => a - b);
    const us = (share: number): string => ((times[Math.floor(times.length * share)] ?? 0) * 1_000).toFixed(1);
    console.log(`decision p50 ${us(0.5)} µs, p99 ${us(0.99)} µs; 1,000 tools visible in ${visibleMs.toFixed(2)} ms`);
  });
});

describe('changes of grants', () => {
  const change = {
    subjectKind: 'role' as const,
    subject: 'analyst',
    server: 'memory',
    tool: '*',
    effect: 'allow' as const,
  };

  it('are refused with the path of what is wrong', () => {
    expect(() => parseChanges([change, { ...change, subject: 'boss' }])).toThrow(
      expect.objectContaining({ code: 'unprocessable', details: { path: 'changes.1.subject' } }),
    );
    expect(() => parseChanges([{ ...change, subjectKind: 'key' }])).toThrow(/named by its id/);
    expect(() => parseChanges([{ ...change, tool: '' }])).toThrow(/changes.0.tool/);
    expect(() => parseChanges([change, { ...change, effect: 'deny' }])).toThrow(/same grant/);
    expect(() => parseChanges(Array.from({ length: 2_001 }, () => change))).toThrow(/at most 2000/);
  });

  it('count only where they change something', () => {
    const standing = [grant('analyst', 'memory.*'), grant('analyst', 'files.*', 'deny')];
    const changes = parseChanges([
      change,
      { ...change, server: 'files' },
      { ...change, server: 'search', effect: null },
      { ...change, subject: 'admin' },
    ]);
    expect(effective(changes, standing)).toEqual({
      upserts: [changes[1], changes[3]],
      removals: [],
      replaced: [standing[1]],
    });
  });

  it('are for owners, admins, admin keys and the operator', () => {
    const may = (principal: Principal): boolean => {
      try {
        requirePolicyAdmin({ principal });
        return true;
      } catch {
        return false;
      }
    };
    const roles = (['owner', 'admin', 'reviewer', 'analyst'] as const).map((role) => may({ ...analyst, role }));
    expect(roles).toEqual([true, true, false, false]);
    expect([may(key), may({ ...key, scopes: ['admin'] }), may(operator)]).toEqual([false, true, true]);
  });
});

describe('toDecisionRow', () => {
  it('masks arguments and nothing else, and can always be stored', async () => {
    const engine = await openEngine(await compilePolicy(wasm), { grants: [], rules: [] });
    const ctx: Ctx = {
      tenantId: newId<TenantId>(),
      principal: analyst,
      surface: 'mcp',
      traceId: '0'.repeat(32),
      signal: new AbortController().signal,
    };
    const input = inputOf(analyst, 'memory.x\u0000\ud800\\u0000', { arguments: { to: 'bob@example.com' } });
    const at = systemClock.now();
    const decision = {
      ...engine.decide(input),
      ...{ id: newId<never>(), at, enforced: true, allowed: false, revision: 3, mode: 'enforce' as const },
      ...{ durationUs: 12, moduleRevision: null, input },
    };
    const row = toDecisionRow(ctx, decision, () => ({ to: '[EMAIL_1]' }));
    expect(row.tool).toBe('x\ufffd\ufffd\\u0000');
    expect(row.input).toMatchObject({ arguments: { to: '[EMAIL_1]' }, server: 'memory', purpose: 'call' });
    expect(JSON.stringify(row)).not.toContain('bob@example.com');
  });
});

describe('rules', () => {
  const ruled = async (rule: RuleInput, over: Partial<PolicyInput> = {}) => {
    const engine = await openEngine(await compilePolicy(wasm), {
      grants: [grant('analyst', '*.*')],
      rules: [parseRule({ reason: 'because', ...rule })],
    });
    return engine.decide(inputOf(analyst, 'shop.refund', over));
  };
  const above = { arguments: [{ path: ['amount'], op: 'gt' as const, value: 100 }] };
  const base = { name: 'r', server: 'shop', tool: 'refund' };

  it('asks a person where the arguments say so', async () => {
    const rule: RuleInput = { ...base, when: above, effect: { approval: { persons: 2, minutes: 15 } } };
    expect(await ruled(rule, { arguments: { amount: 101 } })).toMatchObject({
      effect: 'allow',
      rules: ['r'],
      obligations: { approval: { persons: 2, minutes: 15, reasons: ['because'] } },
    });
    expect(await ruled(rule, { arguments: { amount: 100 } })).toMatchObject({
      rules: [],
      obligations: { approval: null },
    });
    expect(await ruled(rule, { argumentsOmitted: true })).toMatchObject({ rules: ['r'] });
  });

  it('reaches into lists, and masks and caps', async () => {
    const rule: RuleInput = {
      ...base,
      when: { arguments: [{ path: ['items', '*', 'sku'], op: 'eq', value: 'B' }] },
      effect: { maskFields: ['email'], rowCap: 5, callCap: 2 },
    };
    expect(await ruled(rule, { arguments: { items: [{ sku: 'A' }, { sku: 'B' }] } })).toMatchObject({
      obligations: { maskFields: ['email'], rowCap: 5, callCap: 2 },
    });
  });

  it("forbids by the clock on the wall, in the rule's own zone", async () => {
    const times = { zone: 'Europe/Berlin', days: [1, 2, 3, 4, 5], from: 9 * 60, to: 18 * 60, outside: true };
    const rule: RuleInput = { ...base, when: { times }, effect: { deny: true } };
    // A Friday in November: 17:30 UTC is 18:30 in Berlin.
    expect(await ruled(rule, { time: '2026-11-20T16:30:00.000Z' })).toMatchObject({ effect: 'allow' });
    expect(await ruled(rule, { time: '2026-11-20T17:30:00.000Z' })).toMatchObject({
      effect: 'deny',
      reasons: [{ code: 'denied_by_rule', message: 'the rule r forbids this call: because' }],
    });
  });

  it.each<[string, object, string]>([
    ['no effect at all', { effect: {} }, 'rule.effect'],
    [
      'an unknown operator',
      { when: { arguments: [{ path: ['a'], op: 'like', value: 1 }] } },
      'rule.when.arguments.0.op',
    ],
    [
      'a list for one value',
      { when: { arguments: [{ path: ['a'], op: 'eq', value: [1] }] } },
      'rule.when.arguments.0.value',
    ],
    [
      'a text compared by size',
      { when: { arguments: [{ path: ['a'], op: 'gt', value: '9' }] } },
      'rule.when.arguments.0.value',
    ],
    [
      'a zone that is none',
      { when: { times: { zone: 'Mars/Base', days: [1], from: 0, to: 1 } } },
      'rule.when.times.zone',
    ],
    ['a role that is none', { subjects: [{ kind: 'role', name: 'king' }] }, 'rule.subjects.0.name'],
    ['three persons', { effect: { approval: { persons: 3 } } }, 'rule.effect.approval.persons'],
  ])('refuses %s, with the path', (_what, over, path) => {
    const wanted = { ...base, effect: { deny: true }, ...over };
    expect(() => parseRule(wanted)).toThrow(expect.objectContaining({ code: 'unprocessable', details: { path } }));
  });
});
