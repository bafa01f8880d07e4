import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { startFakeEndpoint, type FakeEndpoint, type FakeReply, type FakeRequest } from '@switchyard/testkit';
import { dataOf, signIn, type Caller } from './support/people.ts';
import { OPA, WITH_OPA } from './support/opa.ts';
import { eventually } from './support/processes.ts';
import { onNode, openFolder } from './support/real-servers.ts';
import { Switchyard } from './support/switchyard.ts';

const COUNTING = fileURLToPath(new URL('fixtures/counting-server.ts', import.meta.url));
const codeOf = (text: string): string =>
  `import { note } from 'servers/counting';\nreturn await note({ text: '${text}' });`;
const SKILL = `import { note } from 'servers/counting';
export async function noting(input: { text: string }): Promise<unknown> { return note(input); }`;
const STEP = { shareBasisPoints: 9_000, dwellMinutes: 60, minUnits: 0, advance: 'manual' };
const ANNOUNCED = 'Please note: ';

/** What an admin has set, and what must come of a call whichever way it comes in. */
interface Policy {
  readonly name: string;
  readonly effect: 'allow' | 'deny' | 'none';
  readonly mode: 'enforce' | 'dry_run';
  /** The tenant's own rules, which forbid it, are in force. */
  readonly own?: true;
  readonly arrives: boolean;
  /** Of every decision that is logged; enforced denials may be told before anything is asked. */
  readonly decision: { readonly effect: 'allow' | 'deny'; readonly mode: 'enforce' | 'dry_run' };
}
const POLICIES: readonly Policy[] = [
  { name: 'allowed', effect: 'allow', mode: 'enforce', arrives: true, decision: { effect: 'allow', mode: 'enforce' } },
  { name: 'denied', effect: 'deny', mode: 'enforce', arrives: false, decision: { effect: 'deny', mode: 'enforce' } },
  {
    name: 'not granted',
    effect: 'none',
    mode: 'enforce',
    arrives: false,
    decision: { effect: 'deny', mode: 'enforce' },
  },
  {
    name: 'denied in a dry run',
    effect: 'deny',
    mode: 'dry_run',
    arrives: true,
    decision: { effect: 'deny', mode: 'dry_run' },
  },
  ...(OPA === ''
    ? []
    : [
        {
          name: 'forbidden by own rules',
          effect: 'allow',
          mode: 'enforce',
          own: true,
          arrives: false,
          decision: { effect: 'deny', mode: 'enforce' },
        } as const,
      ]),
];
const OWN = {
  source: 'package tenant.rules\n\ndeny contains "no notes" if input.tool == "note"\n',
  tests:
    'package tenant.rules_test\n\nimport data.tenant.rules\n\ntest_it if count(rules.deny) == 1 with input as {"tool": "note"}\n',
};

describe('one policy, whichever way a tool is reached', () => {
  const folder = openFolder();
  const file = path.join(folder, 'calls.txt');
  let switchyard: Switchyard;
  let endpoint: FakeEndpoint;
  let key: string;
  let owner: Caller;
  let mcp: Client;
  /** What the model does when it is asked to note something. */
  let arm: 'traditional' | 'code' | 'hybrid' = 'traditional';

  const arrived = (text: string): number =>
    fs.existsSync(file)
      ? fs
          .readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line === text).length
      : 0;
  const admin = async (query: string, variables: object = {}) =>
    dataOf(await switchyard.graphql(key, query, variables));
  const decisions = async (text: string): Promise<{ effect: string; mode: string; surface: string }[]> => {
    const { decisions: page } = await admin(
      '{ decisions(filter: { server: "counting", tool: "note" }, limit: 100) { items { effect mode surface input } } }',
    );
    return page.items.filter(({ input }: { input: unknown }) => JSON.stringify(input).includes(text));
  };

  /** Asked to note something, it does as the models of its arm do; it tries a tool that it is not offered, too. */
  const model = ({ body }: FakeRequest): FakeReply => {
    const last = body.messages.at(-1);
    const asked = String(last?.role === 'user' ? last.content : '');
    if (!asked.includes(ANNOUNCED)) return { text: 'Very well.' };
    const text = asked.slice(asked.indexOf(ANNOUNCED) + ANNOUNCED.length);
    const offered = (body.tools ?? []).map((tool: { function: { name: string } }) => tool.function.name);
    // The other arm of a shadow run, which is offered code alone.
    const isShadow = arm === 'traditional' && offered.includes('execute_code');
    if (arm === 'code' || isShadow)
      return { calls: [{ name: 'execute_code', args: { code: codeOf(isShadow ? `${text} in the shadow` : text) } }] };
    return { calls: [{ name: 'counting__note', args: { text } }] };
  };

  const chat = (text: string, conversation: string) =>
    switchyard.request('POST', '/v1/chat/completions', {
      key,
      body: { messages: [{ role: 'user', content: text }], metadata: { conversation_id: conversation } },
    });
  /** A conversation that was dealt to the arm; some stay with the other one for the measure. */
  const dealt = async (): Promise<string> => {
    for (let attempt = 0; attempt < 40; attempt++) {
      const conversation = randomUUID();
      if ((await chat('Hello!', conversation)).headers.get('x-switchyard-arm') === arm) return conversation;
    }
    throw new Error(`nobody is dealt to ${arm}`);
  };
  const rollOut = async (wanted: 'code' | 'hybrid'): Promise<void> => {
    switchyard.tryCli('rollout', 'close', '--tenant', 'demo');
    const make = 'mutation ($input: NewRollout!) { createRollout(input: $input) { id version } }';
    const { createRollout } = await admin(make, {
      input: { name: wanted, reason: 'the test', plan: { arm: wanted, steps: [STEP] } },
    });
    const change = { id: createRollout.id, expectedVersion: createRollout.version, reason: 'the test' };
    await admin('mutation ($change: RolloutChangeInput!) { startRollout(change: $change) { id } }', { change });
  };

  const executed = async (body: object, headers?: Record<string, string>): Promise<string> =>
    (await switchyard.request('POST', '/v1/executions', headers ? { headers, body } : { key, body })).text;

  let replayed = '';
  /** Every way to a tool: what prepares it, and how a call is made; the replay alone must never reach the tool. */
  const WAYS: Readonly<
    Record<string, { readonly surface: string; prepare?(): Promise<void>; call(text: string): Promise<string> }>
  > = {
    REST: { surface: 'rest', call: (text) => executed({ code: codeOf(text) }) },
    playground: {
      surface: 'playground',
      call: (text) => executed({ code: codeOf(text) }, { ...owner.headers, origin: switchyard.url }),
    },
    skill: { surface: 'rest', call: (text) => executed({ skill: 'noting', input: { text } }) },
    '/mcp': {
      surface: 'mcp',
      call: async (text) =>
        JSON.stringify(await mcp.callTool({ name: 'execute_code', arguments: { code: codeOf(text) } })),
    },
    'command line': {
      surface: 'rest',
      async call(text) {
        const script = path.join(folder, 'note.ts');
        fs.writeFileSync(script, codeOf(text));
        const { stdout, stderr } = await switchyard.command(['run', script, '--tenant', 'demo']);
        return stdout + stderr;
      },
    },
    'traditional arm': {
      surface: 'chat',
      async prepare() {
        arm = 'traditional';
      },
      call: async (text) => (await chat(ANNOUNCED + text, randomUUID())).text,
    },
    shadow: {
      surface: 'shadow',
      async prepare() {
        arm = 'traditional';
        const sampling = { shadowBasisPoints: 10_000, shadowBudgetMicros: 1_000_000_000, shadowRunsPerDay: 1_000 };
        const set = 'mutation ($input: SetSampling!) { setSampling(input: $input) { shadowBasisPoints } }';
        await admin(set, { input: { ...sampling, gradingBasisPoints: 0 } });
      },
      async call(text) {
        const shadows = async (): Promise<{ status: string }[]> =>
          (await admin('{ shadowRuns(limit: 100) { items { id status } } }')).shadowRuns.items;
        const before = (await shadows()).length;
        await chat(ANNOUNCED + text, randomUUID());
        await eventually('the shadow run has ended', async () => {
          const all = await shadows();
          return all.length > before && all.every(({ status }) => status !== 'running');
        });
        return '';
      },
    },
    'code arm': {
      surface: 'chat',
      async prepare() {
        await stopSampling();
        arm = 'code';
        await rollOut('code');
      },
      call: async (text) => (await chat(ANNOUNCED + text, await dealt())).text,
    },
    'hybrid arm': {
      surface: 'chat',
      async prepare() {
        await stopSampling();
        arm = 'hybrid';
        await rollOut('hybrid');
      },
      call: async (text) => (await chat(ANNOUNCED + text, await dealt())).text,
    },
  };
  const stopSampling = async (): Promise<void> => {
    const none = { shadowBasisPoints: 0, shadowBudgetMicros: 0, shadowRunsPerDay: 0, gradingBasisPoints: 0 };
    await admin('mutation ($input: SetSampling!) { setSampling(input: $input) { shadowBasisPoints } }', {
      input: none,
    });
  };

  const setPolicy = async ({ effect, mode, own }: Pick<Policy, 'effect' | 'mode' | 'own'>): Promise<void> => {
    const changes = ['owner', 'api_key'].map((subject) => ({
      subjectKind: 'role',
      subject,
      server: 'counting',
      tool: 'note',
      effect: effect === 'none' ? null : effect,
    }));
    const { policy } = await admin('{ policy { revision } }');
    const set = `mutation ($changes: [GrantChange!]!, $revision: Int!, $mode: PolicyMode!) {
      setGrants(changes: $changes, expectedRevision: $revision) { revision }
      setPolicyMode(mode: $mode) { mode }
    }`;
    await admin(set, { changes, revision: policy.revision, mode });
    const { policyModules } = await admin('{ policyModules { revision inForce } }');
    const wanted = own ? 1 : null;
    if (policyModules.inForce === wanted) return;
    const publish = `mutation ($revision: Int, $expected: Int!) {
      publishPolicyModule(revision: $revision, expectedRevision: $expected) { inForce }
    }`;
    await admin(publish, { revision: wanted, expected: policyModules.revision });
  };

  beforeAll(async () => {
    endpoint = await startFakeEndpoint();
    endpoint.reply(model);
    switchyard = await Switchyard.start({
      ...WITH_OPA,
      OPENAI_BASE_URL: endpoint.baseUrl,
      OPENAI_API_KEY: 'sk-operator',
      MODEL: 'fake-1',
      SWITCHYARD_POOL: '2',
    });
    key = switchyard.createKey();
    owner = await signIn(switchyard, switchyard.credentials);
    const server = ['--name', 'counting', '--stdio', onNode(COUNTING, file)];
    switchyard.cli('connection', 'add', '--tenant', 'demo', ...server);
    if (OPA !== '') {
      const send = `mutation ($source: String!, $tests: String!) {
        uploadPolicyModule(source: $source, tests: $tests) { module { revision } problems { line message } }
      }`;
      expect((await admin(send, OWN)).uploadPolicyModule).toEqual({ module: { revision: 1 }, problems: [] });
    }
    await setPolicy({ effect: 'allow', mode: 'enforce' });
    const saved = await switchyard.request('POST', '/v1/skills', {
      key,
      body: { name: 'noting', description: 'takes a note', code: SKILL },
    });
    if (saved.status !== 201) throw new Error(saved.text);
    switchyard.cli('skill', 'promote', 'noting', '1', '--tenant', 'demo');
    replayed = (await switchyard.execute(key, codeOf('to be replayed'))).body.id;
    mcp = new Client({ name: 'e2e', version: '1.0.0' });
    const requestInit = { headers: { authorization: `Bearer ${key}` } };
    await mcp.connect(new StreamableHTTPClientTransport(new URL(`${switchyard.url}/mcp`), { requestInit }));
  }, 120_000);
  afterAll(async () => {
    await mcp?.close();
    await switchyard?.remove();
    await endpoint?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  describe.each(Object.keys(WAYS))('%s', (name) => {
    const way = WAYS[name];
    if (!way) throw new Error('a way');
    beforeAll(async () => {
      await setPolicy({ effect: 'allow', mode: 'enforce' });
      await way.prepare?.();
    }, 60_000);

    it.each(POLICIES.map((policy) => [policy.name, policy] as const))(
      '%s',
      async (_name, policy) => {
        await setPolicy(policy);
        const asked = `${name} ${policy.name} ${randomUUID()}`.replace(/[^\w-]/g, ' ');
        const text = name === 'shadow' ? `${asked} in the shadow` : asked;
        const told = await way.call(asked);
        expect([told, arrived(text)]).toEqual([expect.anything(), policy.arrives ? 1 : 0]);
        const logged = (await decisions(text)).filter(({ surface }) => surface === way.surface);
        expect(logged).toHaveLength(policy.arrives ? 1 : logged.length);
        for (const decision of logged) expect(decision).toMatchObject(policy.decision);
        if (!policy.arrives) expect(told).not.toContain(`noted ${text}`);
      },
      60_000,
    );
  });

  it('a replay reaches no tool, whatever policy says', async () => {
    const before = arrived('to be replayed');
    for (const policy of POLICIES) {
      await setPolicy(policy);
      const { body } = await switchyard.request('POST', `/v1/executions/${replayed}/replay`, { key, body: {} });
      expect([policy.name, body.status, arrived('to be replayed')]).toEqual([policy.name, 'done', before]);
    }
  });
});
