import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import pg from 'pg';
import { WITH_OPA } from './support/opa.ts';
import { COMMANDS } from './support/attempted-commands.ts';
import type { Outcome } from './support/attempt.ts';
import { ENDPOINTS, MCP_TOOLS, MUTATIONS, QUERIES, SUBSCRIPTIONS } from './support/attempts.ts';
import { readCommands, run, runAll } from './support/commands.ts';
import { OPERATIONS, readSchema, type Schema } from './support/graphql-schema.ts';
import { CALLERS, MAY } from './support/permitted.ts';
import { dataOf, graphqlAs, join, signIn, type Caller } from './support/people.ts';
import { anonymous, codeOf, leaksOf, nobodys, plant, type Planted } from './support/planted.ts';
import { eventually } from './support/processes.ts';
import { openFolder } from './support/real-servers.ts';
import { subscribe } from './support/subscribe.ts';
import { Switchyard, type Answer } from './support/switchyard.ts';

const SCOPES = 'runs,tools,chat,admin';
const TENANT = 'x-switchyard-tenant';

/** The most that a page has. */
const MOST_EVENTS = 100;

describe('two tenants on one Switchyard', () => {
  const folder = openFolder();
  let switchyard: Switchyard;
  let schema: Schema;
  /** Whose things nobody else may see. */
  let acme: Planted;
  let nobody: Planted;
  /** Only reads, so that nothing of its own ever tells of the other. */
  let globex: Caller & { key: string };
  let globexAdmin: Caller;
  /** Writes the other's names wherever it can. */
  let initech: Caller & { key: string };

  const makeTenant = async (slug: string): Promise<{ key: string }> => {
    await run(switchyard, 'tenant', 'create', '--slug', slug, '--name', slug);
    return { key: await run(switchyard, 'key', 'create', '--tenant', slug, '--name', 'all', '--scopes', SCOPES) };
  };
  const invite = async (by: Caller, email: string, role: string): Promise<Caller> => {
    const mutation = 'mutation ($email: String!, $role: Role!) { inviteMember(email: $email, role: $role) { link } }';
    const { inviteMember } = dataOf(await graphqlAs(switchyard, by, mutation, { email, role }));
    return join(switchyard, { link: inviteMember.link, email, name: `The ${role}` });
  };

  beforeAll(async () => {
    switchyard = await Switchyard.start({
      ...WITH_OPA,
      SWITCHYARD_POOL: '2',
      SWITCHYARD_APPROVAL_HOLD_SECONDS: '0.1',
      SWITCHYARD_EGRESS_ALLOW: '127.0.0.1',
    });
    [acme, globex, initech] = await Promise.all([
      plant(switchyard, 'acme', folder),
      makeTenant('globex'),
      makeTenant('initech'),
    ]);
    nobody = nobodys(acme);
    globexAdmin = await invite(globex, 'admin@globex.example', 'admin');
    schema = await readSchema(switchyard, acme.key);
    await switchyard.execute(globex.key, "console.log('of globex'); return 1");
  }, 120_000);
  afterAll(async () => {
    await switchyard.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const document = (field: string): string =>
    schema.document(schema.fields('query').includes(field) ? 'query' : 'mutation', field);
  const ask = (caller: Caller, field: string, variables: object): Promise<Answer> =>
    graphqlAs(switchyard, caller, document(field), variables);

  /** What is wrong with an answer to somebody who has nothing to do with acme; empty when all is well. */
  function faults(answer: Answer, outcome: Outcome, asked: string): string[] {
    const leaks = leaksOf(acme, answer.text, asked).map((what) => `acme's ${what} stands in the answer`);
    const { errors, data, result } = answer.body ?? {};
    const code = errors?.[0]?.extensions?.code ?? (answer.status === 404 ? 'NOT_FOUND' : undefined);
    const found = data ? Object.values(data)[0] : result;
    const items = (found as { items?: unknown[]; results?: unknown[] })?.items ?? found?.results ?? found;
    const wrong = {
      'not found': code === 'NOT_FOUND' ? [] : [`it is ${code ?? 'found'}`],
      empty: Array.isArray(items) && items.length === 0 ? [] : ['it is not empty'],
      own: errors || ![200, 201].includes(answer.status) ? [`it is refused: ${answer.text.slice(0, 200)}`] : [],
    }[outcome];
    return [...leaks, ...wrong];
  }

  /** Everything that acme has, as acme sees it. */
  const stateOf = async (key: string): Promise<string> => {
    const fields = [
      'connections',
      'policy',
      'members',
      'invitations',
      'runs',
      'decisions',
      'rollouts',
      'flags',
      'killSwitch',
    ];
    const keys = (await switchyard.graphql(key, '{ apiKeys { id name scopes expiresAt } }')).text;
    const answers = await Promise.all(fields.map((field) => ask({ key }, field, { limit: 50 })));
    // Switchyard signs the log by itself, whenever it is time.
    const { items } = (await ask({ key }, 'auditEvents', { limit: MOST_EVENTS })).body.data.auditEvents;
    expect(items.length).toBeLessThan(MOST_EVENTS); // or a checkpoint would push one out
    const done = items.filter(({ action }: { action: string }) => action !== 'audit.checkpoint_signed');
    return [keys, ...answers.map(({ text }) => text), JSON.stringify(done)].join('\n');
  };

  describe('a key of one sees and changes nothing of the other', () => {
    /** As the mutation before has left it. */
    let left: string | undefined;

    it('every field of the schema and every endpoint has its rows here', async () => {
      expect(schema.fields('query').sort()).toEqual(Object.keys(QUERIES).sort());
      expect(schema.fields('mutation').sort()).toEqual(Object.keys(MUTATIONS).sort());
      expect(schema.fields('subscription').sort()).toEqual(SUBSCRIPTIONS);
      const { paths } = (await switchyard.request('GET', '/openapi.json')).body;
      const endpoints = Object.entries(paths as Record<string, object>).flatMap(([route, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${route}`),
      );
      expect(endpoints.sort()).toEqual(Object.keys(ENDPOINTS).sort());
    });

    it('the numbers of all tenants are the operator’s: no key of one reads them', async () => {
      const authorization = `Bearer ${globex.key}`;
      const tries: Record<string, string>[] = [{ authorization }, { authorization, [TENANT]: 'acme' }];
      for (const headers of [...tries, { authorization: 'Bearer nothing' }]) {
        const answer = await switchyard.request('GET', '/metrics', { headers });
        expect([answer.status, leaksOf(acme, answer.text, '')]).toEqual([401, []]);
      }
    });

    it('what is looked for in answers is really in those that acme gets', async () => {
      const texts = await Promise.all(
        [...Object.entries(QUERIES)].flatMap(([field, attempts]) =>
          attempts.map(async ({ variables }) => (await ask({ key: acme.key }, field, variables(acme))).text),
        ),
      );
      const everything = Object.keys(acme).filter(
        (name) => !['slug', 'key', 'owner', 'connectionUpdatedAt'].includes(name),
      );
      const seen = new Set(texts.flatMap((text) => leaksOf(acme, text)));
      expect(everything.filter((name) => !name.endsWith('Cursor') && !seen.has(name))).toEqual([]);
    });

    it.each(Object.keys(QUERIES))('query %s', async (field) => {
      for (const { outcome, variables } of QUERIES[field] ?? []) {
        const asked = JSON.stringify(variables(acme));
        const answer = await ask(globex, field, variables(acme));
        expect(faults(answer, outcome, asked)).toEqual([]);
        if (outcome !== 'not found') continue;
        const unknown = await ask(globex, field, variables(nobody));
        expect(anonymous(acme, answer.text)).toBe(anonymous(nobody, unknown.text));
      }
    });

    it.each(Object.keys(MUTATIONS))('mutation %s', async (field) => {
      const before = (left ??= await stateOf(acme.key));
      for (const { outcome, variables } of MUTATIONS[field] ?? []) {
        const { revision } = (await switchyard.graphql(initech.key, '{ policy { revision } }')).body.data.policy;
        const given = { ...variables(acme), ...(field === 'setGrants' ? { expectedRevision: revision } : {}) };
        const answer = await ask(initech, field, given);
        expect(faults(answer, outcome, JSON.stringify(given))).toEqual([]);
        if (outcome !== 'not found') continue;
        const unknown = await ask(initech, field, variables(nobody));
        expect(anonymous(acme, answer.text)).toBe(anonymous(nobody, unknown.text));
      }
      left = await stateOf(acme.key);
      expect(left).toBe(before);
    });

    it.each(Object.keys(ENDPOINTS))('%s', async (endpoint) => {
      for (const { outcome, path: route, body } of ENDPOINTS[endpoint] ?? []) {
        const send = (of: Planted): Promise<Answer> =>
          switchyard.request(endpoint.split(' ')[0] ?? '', route(of), {
            key: body ? initech.key : globex.key,
            ...(body ? { body: body(of) } : {}),
          });
        const answer = await send(acme);
        expect(faults(answer, outcome, route(acme) + JSON.stringify(body?.(acme) ?? ''))).toEqual([]);
        if (outcome === 'not found') expect(answer.status).toBe(404);
        if (outcome === 'not found')
          expect(anonymous(acme, answer.text)).toBe(anonymous(nobody, (await send(nobody)).text));
      }
    });

    it('every tool of /mcp', async () => {
      const client = new Client({ name: 'e2e', version: '1.0.0' });
      const headers = { authorization: `Bearer ${initech.key}` };
      await client.connect(
        new StreamableHTTPClientTransport(new URL(`${switchyard.url}/mcp`), { requestInit: { headers } }),
      );
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name).sort()).toEqual(Object.keys(MCP_TOOLS).sort());
      for (const [name, args] of Object.entries(MCP_TOOLS)) {
        const answer = JSON.stringify(await client.callTool({ name, arguments: args(acme) }));
        expect([name, leaksOf(acme, answer, JSON.stringify(args(acme)))]).toEqual([name, []]);
      }
      await client.close();
    });

    it('subscriptions tell each of its own runs and changes alone', async () => {
      const listen = (caller: Caller, field: string) =>
        subscribe(switchyard, caller, { query: schema.document('subscription', field) });
      const [runs, changes, ownRuns, ownChanges] = [
        ...SUBSCRIPTIONS.toReversed().map((field) => listen(globex, field)),
        ...SUBSCRIPTIONS.toReversed().map((field) => listen({ key: acme.key }, field)),
      ];
      if (!runs || !changes || !ownRuns || !ownChanges) throw new Error('four listeners');
      await ask(globex, 'runs', {}); // by the time this is answered the sockets listen
      const act = async (key: string, code: string): Promise<void> => {
        await switchyard.execute(key, code);
        const { createApiKey } = dataOf(await ask({ key }, 'createApiKey', { name: 'noticed', scopes: ['tools'] }));
        await ask({ key }, 'revokeApiKey', { id: createApiKey.apiKey.id });
      };
      await eventually('acme hears of its own', async () => {
        await act(acme.key, codeOf(acme.mark));
        return ownRuns.messages.length > 0 && ownChanges.messages.length > 0;
      });
      expect(leaksOf(acme, JSON.stringify(ownRuns.messages))).toEqual(expect.arrayContaining(['mark', 'keyId']));
      await eventually('globex hears of its own', async () => {
        await act(globex.key, "return 'of globex'");
        return runs.messages.length > 0 && changes.messages.length > 0;
      });
      expect(leaksOf(acme, JSON.stringify([runs.messages, changes.messages]))).toEqual([]);
      const codes = runs.messages.map(
        (message) => (message as { data: { runChanged: { code: string } } }).data.runChanged.code,
      );
      expect(new Set(codes)).toEqual(new Set(["return 'of globex'"]));
      await Promise.all([runs, changes, ownRuns, ownChanges].map((listener) => listener.stop()));
    });

    it('a grant to the key of another tenant gives it nothing', async () => {
      const grant = ['grant', 'set', '--tenant', 'initech', '--key', acme.keyId, '--tool', '*', '--effect', 'allow'];
      switchyard.tryCli(...grant);
      const tools = await switchyard.request('GET', '/v1/tools?limit=500', { key: acme.key });
      expect(new Set(tools.body.tools.map((tool: { server: string }) => tool.server))).toEqual(
        new Set(['analytics', 'content', 'search', 'skills', acme.mark]),
      );
    });
  });

  describe('naming another tenant in a header', () => {
    const named = (): [string, Caller][] =>
      [acme.tenant, acme.slug].flatMap((tenant): [string, Caller][] => [
        ['a key', { ...globex, headers: { [TENANT]: tenant } }],
        ['a session', { headers: { ...globexAdmin.headers, [TENANT]: tenant } }],
      ]);

    it('is refused on every endpoint', async () => {
      for (const [who, caller] of named())
        for (const [endpoint, attempts] of Object.entries(ENDPOINTS))
          for (const { path: route, body } of attempts) {
            const options = { ...caller, ...(body ? { body: body(nobody) } : {}) };
            const answer = await switchyard.request(endpoint.split(' ')[0] ?? '', route(acme), options);
            const status = answer.body?.error?.code;
            expect([who, endpoint, answer.status, status]).toEqual([who, endpoint, 403, 'forbidden']);
            expect(leaksOf(acme, answer.text, route(acme))).toEqual([]);
          }
    });

    it('is refused for every field', async () => {
      for (const [who, caller] of named())
        for (const field of [...schema.fields('query'), ...schema.fields('mutation')]) {
          const [attempt] = QUERIES[field] ?? MUTATIONS[field] ?? [];
          const variables = attempt?.variables(nobody) ?? {};
          const answer = await ask(caller, field, variables);
          expect([who, field, answer.body.errors?.[0]?.extensions?.code]).toEqual([who, field, 'FORBIDDEN']);
          expect(leaksOf(acme, answer.text, JSON.stringify(variables))).toEqual([]);
        }
    });

    it('is refused at /mcp and over the socket', async () => {
      const body = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
      const headers = { accept: 'application/json, text/event-stream', [TENANT]: acme.slug };
      expect((await switchyard.request('POST', '/mcp', { ...globex, body, headers })).status).toBe(403);
      for (const caller of [globex, globexAdmin]) {
        const listener = subscribe(switchyard, caller, {
          query: schema.document('subscription', 'runChanged'),
          tenant: acme.tenant,
        });
        expect(await listener.ended).toMatch(/^4403/);
        expect(listener.messages).toEqual([]);
      }
    });

    it('works for a member of both, one at a time', async () => {
      const mutation = 'mutation { inviteMember(email: "both@two.example", role: reviewer) { link } }';
      const links = await Promise.all(
        [acme.owner, globexAdmin].map(
          async (owner) => (await graphqlAs(switchyard, owner, mutation)).body.data.inviteMember.link,
        ),
      );
      const person = { email: 'both@two.example', name: 'Both' };
      const first = await join(switchyard, { link: links[0], ...person });
      const token = /token=([^&]+)/.exec(links[1])?.[1];
      const headers = { ...first.headers, origin: switchyard.url };
      const second = await switchyard.request('POST', '/api/auth/invitation/accept', { body: { token }, headers });
      expect(second.status).toBe(200);
      const of = (tenant: string): Caller => ({ headers: { ...first.headers, [TENANT]: tenant } });
      expect(leaksOf(acme, (await ask(of('acme'), 'connections', {})).text)).toContain('connection');
      expect(leaksOf(acme, (await ask(of('globex'), 'connections', {})).text)).toEqual([]);
      expect((await ask(of('initech'), 'connections', {})).body.errors[0].extensions.code).toBe('FORBIDDEN');
    });
  });

  describe('every command of the operator works for the tenant it names', () => {
    const code = path.join(folder, 'theirs.ts');

    it('has its row here', async () => {
      expect((await readCommands(switchyard)).sort()).toEqual(Object.keys(COMMANDS).sort());
    }, 60_000);

    it('and neither shows nor changes anything of another', async () => {
      fs.writeFileSync(code, codeOf(acme.mark));
      const before = await stateOf(acme.key);
      const rows = Object.entries(COMMANDS).flatMap(([name, command]) => {
        if (command === 'host') return [];
        const tenant = ['--tenant', command.tenant ?? 'globex'];
        const args = [...name.split(' '), ...tenant, ...command.args(acme, code)];
        return [{ name, args, status: command.refused ? 1 : 0 }];
      });
      const ended = await runAll(
        switchyard,
        rows.map(({ args }) => args),
      );
      for (const [at, { name, args, status }] of rows.entries()) {
        const { stdout, stderr, status: got } = ended[at] ?? { stdout: '', stderr: 'it did not run', status: null };
        expect([name, got, stderr]).toEqual([name, status, expect.anything()]);
        expect([name, leaksOf(acme, stdout + stderr, args.join(' ') + codeOf(acme.mark))]).toEqual([name, []]);
      }
      expect(await stateOf(acme.key)).toBe(before);
      const digest = `import { digest } from 'servers/${acme.mark}'; return await digest();`;
      const secret = `secret-of-${acme.mark}`;
      expect((await switchyard.execute(acme.key, digest)).body.result).toBe(`${secret.length} ${secret.slice(-3)}`);
    }, 180_000);
  });

  describe('inside a tenant', () => {
    const callers = new Map<string, Caller>();
    beforeAll(async () => {
      for (const scope of ['tools', 'runs'])
        callers.set(`key with scope ${scope}`, { key: switchyard.createKey('acme', scope) });
      for (const role of ['reviewer', 'analyst'])
        callers.set(role, await invite(acme.owner, `${role}@acme.example`, role));
    }, 60_000);

    it('every field has its row here', () => {
      expect(OPERATIONS.flatMap((operation) => schema.fields(operation)).sort()).toEqual(Object.keys(MAY).sort());
    });

    it.each(CALLERS)('a %s may do what is theirs to do and nothing else', async (who) => {
      const caller = callers.get(who) ?? {};
      const refused: string[] = [];
      for (const field of [...schema.fields('query'), ...schema.fields('mutation')]) {
        const [attempt] = QUERIES[field] ?? MUTATIONS[field] ?? [];
        const answer = await ask(caller, field, attempt?.variables(acme) ?? {});
        const [error] = answer.body.errors ?? [];
        const given = answer.body.data?.[field] ?? null;
        if (error) expect([field, error.extensions.code, given]).toEqual([field, 'FORBIDDEN', null]);
        if (error) refused.push(field);
      }
      for (const field of schema.fields('subscription')) {
        const listener = subscribe(switchyard, caller, { query: schema.document('subscription', field) });
        const first = await Promise.race([
          listener.ended,
          eventually('an answer', () => listener.messages[0] as object | undefined, 700).catch(() => 'it listens'),
        ]);
        const told = JSON.stringify(first ?? listener.messages);
        if (told.includes('FORBIDDEN')) refused.push(field);
        // What the analyst has just begun may be told of already.
        else if (first !== 'it listens') expect(first).toHaveProperty('data');
        await listener.stop();
      }
      expect(refused.sort()).toEqual(
        Object.keys(MAY)
          .filter((field) => !MAY[field]?.includes(who))
          .sort(),
      );
    });

    it('a role that is changed or taken away is so at once, in a session that goes on', async () => {
      const reviewer = callers.get('reviewer') ?? {};
      const { data } = (await graphqlAs(switchyard, acme.owner, '{ members { id email } }')).body;
      const { id } = data.members.find(({ email }: { email: string }) => email === 'reviewer@acme.example');
      const may = async (): Promise<string> => {
        const { body } = await ask(reviewer, 'connections', {});
        return body.errors?.[0].extensions.code ?? 'yes';
      };
      expect(await may()).toBe('yes');
      await ask(acme.owner, 'setMemberRole', { id, role: 'analyst' });
      await eventually('an analyst may not', async () => (await may()) === 'FORBIDDEN', 2_000);
      await ask(acme.owner, 'removeMember', { id });
      await eventually('nobody in no tenant', async () => {
        const { body } = await ask(reviewer, 'viewer', {});
        return body.errors?.[0].extensions.code === 'FORBIDDEN';
      });
      await expect(
        signIn(switchyard, { email: 'reviewer@acme.example', password: 'the long password of reviewer@acme.example' }),
      ).resolves.toBeDefined(); // the person stays, with no tenant to see
    });
  });

  describe('without its policy a table is open, and all of this would tell', () => {
    /** The row that gives a table's leak away; `tool` is reached through its connection alone, so both are opened. */
    const TOLD_BY: Readonly<Record<string, { readonly row: string; readonly also?: string }>> = {
      alert: { row: 'alerts' },
      api_key: { row: 'apiKeys' },
      approval: { row: 'approvals' },
      audit_event: { row: 'auditEvents' },
      comparison: { row: 'comparison' },
      comparison_case: { row: 'comparisonReport', also: 'comparison' },
      connection: { row: 'connection' },
      conversation: { row: 'conversations' },
      counterfactual: { row: 'comparedAnswers' },
      counterfactual_tool: { row: 'savings' },
      decision: { row: 'decisions' },
      flag: { row: 'flags' },
      graded_answer: { row: 'sampledAnswers' },
      invitation: { row: 'invitations' },
      kill_switch: { row: 'killSwitch' },
      member: { row: 'members' },
      model_call: { row: 'usage' },
      policy_rule: { row: 'policyRules' },
      policy_module: { row: 'policyModules' },
      price: { row: 'prices' },
      review_block: { row: 'blocks' },
      review_item: { row: 'reviews' },
      product: { row: 'POST /v1/executions' },
      remembered_approval: { row: 'rememberedApprovals' },
      rollout: { row: 'rollout' },
      run: { row: 'run' },
      site_crawl: { row: 'siteCrawl' },
      skill: { row: 'GET /v1/skills/{name}', also: 'skill_version' },
      run_call: { row: 'overview' },
      shadow_run: { row: 'shadowRun' },
      tool: { row: 'tool', also: 'connection' },
      policy_version: { row: 'policyVersions' },
      tool_grant: { row: 'policy' },
    };
    /** Reached by a row of one of those, or by its tenant's id, and by nothing else. */
    const BEHIND = [
      'message',
      'feedback',
      'chat_settings',
      'alert_delivery',
      'approval_vote',
      'audit_head',
      'audit_keeping',
      'product_vector',
      'pair_grade',
      'review_rules',
      'review_seen',
      'review_verdict',
      'audit_stream',
      'budget',
      'catalogue_sync',
      'catalogue_sync_met',
      'analytics_event',
      'content_chunk',
      'content_page',
      'content_vector',
      'site_crawl_url',
      'shop_hook',
      'shop_delivery',
      'shop_change',
      'cost_correction',
      'data_key',
      'learned_shape',
      'limit_bucket',
      'limit_slots',
      'masked_count',
      'policy_state',
      'privacy_settings',
      'run_journal',
      'upstream_client',
      'upstream_flow',
      'upstream_grant',
      'run_keep',
      'sealed_blob',
      'sampling_settings',
      'secret',
      'skill_version',
      'spend_month',
      'tenant_limits',
      'workspace_file',
      'accuracy',
      'arm_count',
      'exposure',
      'outcome',
      'rollout_change',
      'rollout_evaluation',
      'segment_count',
    ];
    const ISOLATION = 'tenant_id = current_tenant()';
    let owner: pg.Client;
    const setIsolation = (table: string, expression: string): Promise<unknown> =>
      owner.query(`ALTER POLICY tenant_isolation ON "${table}" USING (${expression})`);

    /** Every read of the table-driven checks above, as globex; the names of those that fail. */
    async function failing(): Promise<string[]> {
      const { data } = (await ask(globex, 'connections', {})).body;
      const search = data.connections.find(({ kind }: { kind: string }) => kind === 'builtin');
      // Nothing is known from before: a check forgets the tools, a saved skill forgets the skills.
      await ask(globex, 'checkConnection', { id: search.id });
      const ownSkill = { name: 'ownOne', description: 'of its own', code: 'export default () => 1' };
      expect((await switchyard.request('POST', '/v1/skills', { ...globex, body: ownSkill })).status).toBe(201);
      const queries = Object.entries(QUERIES).flatMap(([field, attempts]) =>
        attempts.map(async ({ outcome, variables }) => {
          const answer = await ask(globex, field, variables(acme));
          return faults(answer, outcome, JSON.stringify(variables(acme))).map(() => field);
        }),
      );
      const reads = Object.entries(ENDPOINTS).flatMap(([endpoint, attempts]) =>
        attempts
          .filter(({ body }) => !body || !JSON.stringify(body(acme)).includes(acme.mark))
          .map(async ({ outcome, path: route, body }) => {
            const options = { ...globex, ...(body ? { body: body(acme) } : {}) };
            const answer = await switchyard.request(endpoint.split(' ')[0] ?? '', route(acme), options);
            return faults(answer, outcome, route(acme)).map(() => endpoint);
          }),
      );
      return [...new Set((await Promise.all([...queries, ...reads])).flat())];
    }

    beforeAll(async () => {
      owner = new pg.Client(switchyard.cli('db', 'url'));
      await owner.connect();
    });
    afterAll(() => owner.end());

    it('every table of tenants is named here', async () => {
      const { rows } = await owner.query<{ tablename: string }>(
        "SELECT tablename FROM pg_policies WHERE policyname = 'tenant_isolation' ORDER BY 1",
      );
      expect(rows.map(({ tablename }) => tablename)).toEqual([...Object.keys(TOLD_BY), ...BEHIND].sort());
      expect(await failing()).toEqual([]);
    });

    it.each(Object.keys(TOLD_BY))('%s', async (table) => {
      const { row, also } = TOLD_BY[table] ?? { row: '' };
      const opened = [table, ...(also ? [also] : [])];
      for (const one of opened) await setIsolation(one, 'true');
      try {
        expect(await failing()).toContain(row);
      } finally {
        for (const one of opened) await setIsolation(one, ISOLATION);
      }
      expect(await failing()).toEqual([]);
    });

    it.each(BEHIND)('%s stays shut by what stands before it', async (table) => {
      await setIsolation(table, 'true');
      try {
        expect(await failing()).toEqual([]);
      } finally {
        await setIsolation(table, ISOLATION);
      }
    });

    it('and no Switchyard starts on a database with such a table', async () => {
      const tables = [...Object.keys(TOLD_BY), ...BEHIND];
      for (const table of tables) await owner.query(`ALTER TABLE "${table}" NO FORCE ROW LEVEL SECURITY`);
      await owner.query('DROP POLICY tenant_isolation ON run');
      const doctor = switchyard.tryCli('doctor', '--json');
      expect(doctor.status).toBe(1);
      const { detail } = JSON.parse(doctor.stdout).find(({ what }: { what: string }) => what === 'database');
      for (const table of tables) expect(detail).toContain(`table ${table} has no forced row-level security`);
      expect(detail).toContain('table run belongs to tenants but has no policy');
      await owner.end();
      await switchyard.stop();
      const refused = switchyard.tryCli('up');
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('does not keep tenants apart, so Switchyard does not start');
      for (const table of tables) expect(refused.stderr).toContain(`table ${table} has`);
    }, 60_000);
  });
});
