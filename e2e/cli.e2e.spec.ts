import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { COMMANDS } from './support/attempted-commands.ts';
import { run, runAll } from './support/commands.ts';
import { eventually, processesOf } from './support/processes.ts';
import { onNode, openFolder } from './support/real-servers.ts';
import { Switchyard, type Ended } from './support/switchyard.ts';

const WORKBENCH = fileURLToPath(new URL('./fixtures/workbench-server.ts', import.meta.url));
const SECRET = 'a secret of some length';
const DIGEST = `${SECRET.length} ${SECRET.slice(-3)}`;
const KEY = /^sy_[\w-]{43}$/;

/** Each of them is run, for one tenant of two, where tenants are kept apart; their answers are held to their libraries' specs. */
const RUN_WITH_TENANTS = [
  'approval approve',
  'approval deny',
  'approval list',
  'approval remembered',
  'approval revoke',
  'approval show',
  'audit checkpoint',
  'audit public-keys',
  'audit retention',
  'audit status',
  'audit stream',
  'budget set',
  'budget show',
  'compare',
  'flag list',
  'flag set',
  'limits set',
  'limits show',
  'price accept',
  'price add',
  'price list',
  'price recompute',
  'price reject',
  'review blocks',
  'review lift',
  'review list',
  'roi',
  'rollout approve',
  'rollout close',
  'rollout hold',
  'rollout kill',
  'rollout release',
  'rollout restart',
  'rollout resume',
  'rollout roll-back',
  'rollout set',
  'rollout show',
  'rollout start',
  'rule list',
  'rule remove',
  'rule set',
  'skill export',
  'skill import',
  'skill list',
  'skill promote',
  'skill retire',
  'skill save',
  'skill show',
];

describe('the command line', () => {
  const folder = openFolder();
  let switchyard: Switchyard;
  const tenant = (slug = 'acme'): string[] => ['--tenant', slug];
  const json = ({ status, stdout, stderr }: Ended): unknown => {
    if (status !== 0) throw new Error(`it ended with ${status}: ${stderr}`);
    return JSON.parse(stdout);
  };

  beforeAll(async () => {
    switchyard = await Switchyard.prepare({ SWITCHYARD_POOL: '2' });
  });
  afterAll(async () => {
    await switchyard.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  describe('where no Switchyard runs', () => {
    it('starts the database for a command alone, and on an empty folder', async () => {
      const owner = ['--owner', 'owner@acme.example'];
      const made = await switchyard.command(['tenant', 'create', '--slug', 'acme', '--name', 'Acme', ...owner]);
      expect(made).toMatchObject({ status: 0, stderr: '' });
      expect(made.stdout).toMatch(/^made the tenant acme\nits owner accepts at http:\S+token=[\w-]{20,}\n$/);
      expect(processesOf(switchyard.home)).toEqual([]);
    }, 60_000);

    it('lets one command after the other have it, when several come at once', async () => {
      const ended = await Promise.all(
        [
          ['key', 'create', ...tenant(), '--name', 'offline', '--scopes', 'admin'],
          ['connection', 'list', ...tenant(), '--json'],
          ['audit', 'verify', ...tenant(), '--json'],
          ['tenant', 'list', '--json'],
        ].map((args) => switchyard.command(args)),
      );
      expect(ended.map(({ status, stderr }) => [status, stderr])).toEqual(ended.map(() => [0, '']));
      expect(ended[0]?.stdout.trim()).toMatch(KEY);
      const connections: { name: string; health: string }[] = JSON.parse(ended[1]?.stdout ?? '[]');
      expect(connections.map(({ name, health }) => `${name} is ${health}`).sort()).toEqual([
        'analytics is ready',
        'content is ready',
        'search is ready',
      ]);
      expect(JSON.parse(ended[2]?.stdout ?? '')).toMatchObject({ ok: true });
      expect(JSON.parse(ended[3]?.stdout ?? '')).toMatchObject([{ slug: 'acme' }]);
      expect(processesOf(switchyard.home)).toEqual([]);
    }, 60_000);

    it('says so where a running one is needed', async () => {
      const search = await switchyard.command(['tools', 'search', 'pump', ...tenant()]);
      const ended = [search, ...(await runAll(switchyard, [['db', 'url'], ['doctor']]))];
      expect(ended[0]).toMatchObject({ status: 1, stdout: '' });
      expect(ended[0]?.stderr).toMatch(/^switchyard: Switchyard does not answer at http:.*: start it with npm start/);
      expect(ended[1]).toMatchObject({ status: 1, stdout: '' });
      expect(ended[1]?.stderr).toContain('No embedded PostgreSQL runs: start Switchyard with npm start.');
      expect(ended[2]).toMatchObject({ status: 0, stderr: '' });
      expect(ended[2]?.stdout).toMatch(/^ok {4}Node: v24\./);
      expect(ended[2]?.stdout).toContain('database: embedded, not running now');
      expect(ended[2]?.stdout).toMatch(/WARN {2}control plane: does not answer .*: npm start/);
    }, 60_000);

    it('and a command that is typed while one starts waits for its database', async () => {
      const [, ended] = await Promise.all([
        switchyard.up(),
        eventually('the start has begun', () => processesOf(switchyard.home).length > 0).then(() =>
          switchyard.command(['key', 'list', ...tenant(), '--json']),
        ),
      ]);
      expect(json(ended)).toMatchObject([{ name: 'Switchyard command line' }, { name: 'offline' }]);
      expect((await switchyard.request('GET', '/readyz')).status).toBe(200);
    }, 60_000);
  });

  describe('each command does its work, and says it in words and in JSON', () => {
    type Row = { readonly args: (of: 'words' | 'json') => string[]; readonly words: RegExp; readonly json?: unknown };
    const code = path.join(folder, 'given.ts');
    let keyId = '';
    const ROWS: Readonly<Record<string, Row>> = {
      'key create': {
        args: (of) => [...tenant(), '--name', of, '--scopes', 'runs,tools', '--expires-in-days', '30'],
        words: /^sy_[\w-]{43}\n$/, // and nothing besides
        json: { key: expect.stringMatching(KEY), scopes: ['runs', 'tools'], expiresAt: expect.stringMatching(/^20/) },
      },
      'key list': {
        args: () => tenant(),
        words: /^id +name +scopes +state +last use\n[0-9a-f-]{36} +\w/,
        json: expect.arrayContaining([expect.objectContaining({ name: 'offline', scopes: ['admin'] })]),
      },
      'key revoke': { args: () => [keyId, ...tenant()], words: /^revoked /, json: { revoked: expect.any(String) } },
      'connection add': {
        args: (of) => [
          ...[...tenant(), '--name', `workbench_${of}`, '--stdio', onNode(WORKBENCH)],
          ...['--env', `WORKBENCH_SECRET=${SECRET}`],
        ],
        words: /^workbench_words: ready, 3 tools added\nNobody may use them yet\. Grant them with\n.*grant set/,
        json: { added: 3, connection: { name: 'workbench_json', health: 'ready', kind: 'stdio' } },
      },
      'connection list': {
        args: () => tenant(),
        words: /^name +kind +health +state +where\n(.*\n)*workbench_words +stdio +ready +on +\S/,
        json: expect.arrayContaining([expect.objectContaining({ name: 'workbench_json' })]),
      },
      'connection check': {
        args: (of) => [`workbench_${of}`, ...tenant()],
        words: /^workbench_words: ready, 0 tools added\n$/,
        json: { added: 0, connection: { health: 'ready' } },
      },
      'grant set': {
        args: (of) => [...tenant(), '--role', 'api_key', '--tool', `workbench_${of}.*`, '--effect', 'allow'],
        words: /^allow workbench_words\.\* for api_key: policy revision \d+\n$/,
        json: { revision: expect.any(Number), mode: 'enforce' },
      },
      'grant list': {
        args: () => tenant(),
        words: /^who +tool +effect +by\n(.*\n)*api_key +workbench_words\.\* +allow +operator/,
        json: expect.arrayContaining([expect.objectContaining({ server: 'workbench_json', effect: 'allow' })]),
      },
      run: {
        args: () => [code, ...tenant()],
        words: new RegExp(`^looking\n"${DIGEST}"\n$`),
        json: { status: 'done', result: DIGEST, logs: [{ text: 'looking' }] },
      },
      'tools search': {
        args: () => ['find products by words', '--limit', '2', ...tenant()],
        words: /^tool +what it does\nsearch\.searchProducts +\w.*\n.*\n\(2 of \d+\)\n$/,
        json: { tools: [{ server: 'search', name: 'searchProducts' }, {}], total: expect.any(Number) },
      },
      'connection remove': {
        args: (of) => [`workbench_${of}`, ...tenant()],
        words: /^removed workbench_words\n$/,
        json: { removed: 'workbench_json' },
      },
      'tenant create': {
        args: (of) => ['--slug', of, '--name', `The ${of}`],
        words: /^made the tenant words\n$/,
        json: { slug: 'json', name: 'The json' },
      },
      'tenant list': {
        args: () => [],
        words: /^slug +name +id\n(.*\n)*demo +Demo Industrial Parts +[0-9a-f-]{36}\n/,
        json: expect.arrayContaining([expect.objectContaining({ slug: 'acme', name: 'Acme' })]),
      },
      'audit verify': {
        args: () => tenant(),
        words:
          /^The audit log of acme is whole: \d+ events, verified in [\d.]+ s\.\n.*checkpoint.*\nhead \d+:[0-9a-f]{64}\n$/,
        json: { ok: true, problems: [], head: expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
      'audit export': {
        args: (of) => [...tenant(), ...(of === 'words' ? ['--format', 'csv'] : [])],
        words: /^"?seq"?,|^\w+(,\w+)+\n/,
      },
      'db url': {
        args: () => [],
        words: /^postgresql:\/\/\S+@127\.0\.0\.1:\d+\/switchyard\n$/,
        json: { url: expect.stringMatching(/^postgresql:/) },
      },
      doctor: {
        args: () => [],
        words:
          /^ok {4}Node(.*\n)*ok {4}database: embedded, running; row-level security on every table\nok {4}control plane/,
        json: expect.arrayContaining([
          { what: 'control plane', state: 'ok', detail: expect.stringContaining('ready') },
        ]),
      },
    };

    beforeAll(async () => {
      fs.writeFileSync(
        code,
        "import { digest } from 'servers/workbench_words';\nconsole.log('looking');\nreturn await digest();",
      );
      keyId = JSON.parse(await run(switchyard, 'key', 'list', ...tenant(), '--json')).at(-1).id;
    });

    it('has its row here', () => {
      const elsewhere = ['up', 'vault rotate-data-key', 'vault rotate-key-file', ...RUN_WITH_TENANTS];
      expect([...Object.keys(ROWS), ...elsewhere].sort()).toEqual(Object.keys(COMMANDS).sort()); // held against --help with the tenants
    });

    it.each(Object.keys(ROWS))('%s', async (name) => {
      const row = ROWS[name];
      if (!row) throw new Error('a row');
      const form = row.json === undefined ? [] : ['--json'];
      const [words, data] = await runAll(switchyard, [
        [...name.split(' '), ...row.args('words')],
        [...name.split(' '), ...row.args('json'), ...form],
      ]);
      expect(words).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(row.words) });
      expect(data).toMatchObject({ status: 0, stderr: '' });
      if (row.json === undefined) expect(jsonLines(data)[0]).toMatchObject({ seq: 1, action: 'tenant.created' });
      else expect({ answer: JSON.parse(data?.stdout ?? '') }).toMatchObject({ answer: row.json });
    });
  });

  it('a wrong command line is told in words what is wrong, and ends with 1', async () => {
    const key = ['key', 'create', ...tenant(), '--name', 'x'];
    const add = ['connection', 'add', ...tenant(), '--name'];
    const set = ['grant', 'set', ...tenant(), '--tool', 'search.*', '--effect', 'allow'];
    const rows: [string[], RegExp][] = [
      [['key'], /^Usage: switchyard key/],
      [['key', 'create'], /required option '--tenant <slug>' not specified/],
      [['key', 'list', ...tenant('nobody')], /There is no tenant "nobody"\. There are: .*acme/],
      [['key', 'list', ...tenant(), '--wide'], /unknown option '--wide'/],
      [[...key, '--scopes', 'runs,fly'], /--scopes takes runs, tools, chat, admin/],
      [[...key, '--scopes', 'runs', '--expires-in-days', '0'], /--expires-in-days takes a whole number/],
      [['key', 'revoke', 'offline', ...tenant()], /"offline" is no key's id: key list shows them/],
      [[...add, 'x'], /give exactly one of --stdio, --url and --preset/],
      [[...add, 'Bad-Name', '--url', 'https://a.example/mcp'], /^switchyard: name: must be a lower-case letter/],
      [[...add, 'x', '--url', 'http://127.0.0.1:9/mcp'], /127\.0\.0\.1/],
      [[...add, 'x', '--preset', 'nothing'], /preset/],
      [[...add, 'x', '--stdio', 'node x', '--env', 'NO_VALUE'], /--env takes <name>=<value>, not "NO_VALUE"/],
      [['connection', 'check', 'nothing', ...tenant()], /the tenant acme has no connection "nothing"/],
      [[...set, '--role', 'king'], /a role is one of owner, admin, reviewer, analyst, api_key/],
      [
        ['grant', 'set', ...tenant(), '--role', 'api_key', '--tool', 'x', '--effect', 'allow'],
        /--tool takes \*, <server>/,
      ],
      [[...set.slice(0, -1), 'maybe', '--role', 'api_key'], /--effect takes allow, deny, none/],
      [['tenant', 'create', '--slug', 'acme', '--name', 'x'], /There is a tenant "acme" already/],
      [['tenant', 'create', '--slug', 'Not A Slug', '--name', 'x'], /The slug is not acceptable: use a-z/],
      [['run', 'nothing.ts'], /Cannot read \S+nothing\.ts: there is no such file/],
      [['tools', 'search', 'x', '--limit', 'many', ...tenant()], /limit: .*number/],
    ];
    const [asWords, asJson] = [
      await runAll(
        switchyard,
        rows.map(([args]) => args),
      ),
      await runAll(
        switchyard,
        rows.slice(1, 3).map(([args]) => [...args, '--json']),
      ),
    ];
    for (const [at, [args, words]] of rows.entries())
      expect([args, asWords[at]]).toEqual([args, { status: 1, stdout: '', stderr: expect.stringMatching(words) }]);
    const lines = asWords.map(({ stderr }) => stderr).filter((text) => !text.startsWith('Usage'));
    for (const text of lines) expect(text).toMatch(/^switchyard: [^\n]+\n$/); // one line, no stack
    for (const { status, stdout, stderr } of asJson) {
      expect([status, stdout]).toEqual([1, '']);
      expect(JSON.parse(stderr)).toEqual({
        error: { code: expect.stringMatching(/^[a-z_]+$/), message: expect.any(String), details: expect.any(Object) },
      });
    }
  }, 90_000);

  describe('run', () => {
    it('takes a file of the folder that it was typed in', async () => {
      const inside = path.join(folder, 'scripts');
      fs.mkdirSync(inside);
      fs.writeFileSync(path.join(inside, 'here.ts'), "return ['from', 'here'];");
      const [typed, told] = await Promise.all([
        switchyard.command(['run', './here.ts'], { cwd: inside }),
        switchyard.command(['run', 'scripts/here.ts'], { env: { SWITCHYARD_CWD: folder } }), // as npm's script does it
      ]);
      for (const ended of [typed, told])
        expect(ended).toEqual({ status: 0, stderr: '', stdout: '[\n  "from",\n  "here"\n]\n' });
    });

    it('says where code is wrong, and ends with 1 unless it is done', async () => {
      const cases: [string, string, RegExp][] = [
        ['refused.ts', "const a = 1;\nreturn eval('a');", /^rejected\nrefused\.ts:2:8 .*eval/],
        ['throws.ts', "console.log('so far');\nthrow new TypeError('no');", /^so far\nfailed\n[^]*"TypeError"[^]*:2:/],
      ];
      for (const [name, text] of cases) fs.writeFileSync(path.join(folder, name), text);
      const ended = await Promise.all(cases.map(([name]) => switchyard.command(['run', name], { cwd: folder })));
      for (const [at, [, , said]] of cases.entries())
        expect(ended[at]).toMatchObject({ status: 1, stderr: '', stdout: expect.stringMatching(said) });
    });

    it('makes itself a new key when its own was revoked', async () => {
      const keys = JSON.parse(await run(switchyard, 'key', 'list', ...tenant(), '--json'));
      const own = keys.find(({ name }: { name: string }) => name === 'Switchyard command line');
      await run(switchyard, 'key', 'revoke', own.id, ...tenant());
      expect(await run(switchyard, 'run', path.join(folder, 'scripts/here.ts'), ...tenant(), '--json')).toContain(
        'done',
      );
    });
  });

  it('a key works as it was made, and no longer once it is revoked', async () => {
    const scopes = ['--scopes', 'tools', '--json'];
    const made = JSON.parse(await run(switchyard, 'key', 'create', ...tenant(), '--name', 'short', ...scopes));
    const ask = async (): Promise<number> => (await switchyard.request('GET', '/v1/tools', { key: made.key })).status;
    expect(await ask()).toBe(200);
    expect((await switchyard.execute(made.key, 'return 1')).status).toBe(403);
    await run(switchyard, 'key', 'revoke', made.id, ...tenant());
    await eventually('it is refused', async () => (await ask()) === 401, 2_000);
  });

  it('credentials are at work while every key that protects them is changed, and after', async () => {
    const server = ['--name', 'guarded', '--stdio', onNode(WORKBENCH), '--env', `WORKBENCH_SECRET=${SECRET}`];
    await run(switchyard, 'connection', 'add', ...tenant(), ...server);
    await run(switchyard, 'grant', 'set', ...tenant(), '--role', 'api_key', '--tool', 'guarded.*', '--effect', 'allow');
    const key = switchyard.createKey('acme', 'runs');
    const digest = async (): Promise<unknown> =>
      (await switchyard.execute(key, "import { digest } from 'servers/guarded'; return await digest();")).body;
    expect(await digest()).toMatchObject({ result: DIGEST });
    const before = fs.readFileSync(path.join(switchyard.home, 'keys.json'), 'utf8');

    let rotating = true;
    const calls: unknown[] = [];
    const calling = (async () => {
      for (; rotating; await sleep(100)) calls.push(await digest());
    })();
    const vault = (...args: string[]): Promise<string> => run(switchyard, 'vault', ...args);
    expect(await vault('rotate-data-key', ...tenant())).toBe('1 credentials are under the new key');
    const [words, data] = await Promise.all([vault('rotate-key-file'), vault('rotate-key-file', '--json')]);
    expect(words).toMatch(/^[1-9] data keys are newly wrapped, all with the new key [\w.-]+$/);
    expect(JSON.parse(data ?? '')).toEqual({ id: expect.stringMatching(/^20/), wrapped: expect.any(Number) });
    expect(JSON.parse(await vault('rotate-data-key', ...tenant(), '--json'))).toEqual({ resealed: 1 });
    rotating = false;
    await calling;
    expect(calls.length).toBeGreaterThan(5);
    for (const call of calls) expect(call).toMatchObject({ status: 'done', result: DIGEST });

    const after = fs.readFileSync(path.join(switchyard.home, 'keys.json'), 'utf8');
    expect(Object.keys(JSON.parse(after).keys)).toHaveLength(Object.keys(JSON.parse(before).keys).length + 2);
    expect(JSON.parse(after).active).not.toBe(JSON.parse(before).active);
    expect(fs.statSync(path.join(switchyard.home, 'keys.json')).mode & 0o777).toBe(0o600);
    await switchyard.stop();
    await switchyard.up(); // nothing is remembered from before
    expect(await digest()).toMatchObject({ result: DIGEST });
    expect(JSON.stringify(await run(switchyard, 'audit', 'export', ...tenant()))).not.toContain(SECRET);
  }, 60_000);

  it('audit verify names the row that somebody changed, took out or added', async () => {
    const database = new pg.Client(await run(switchyard, 'db', 'url'));
    await database.connect();
    const { rows } = await database.query<{ id: string }>("SELECT id FROM tenant WHERE slug = 'acme'");
    const verify = async (): Promise<unknown> => {
      const { status, stdout } = await switchyard.command(['audit', 'verify', ...tenant(), '--json']);
      const { ok, problem, problemSeq } = JSON.parse(stdout);
      return { status, ok, problem, problemSeq };
    };
    const change = (sql: string): Promise<unknown> => database.query(sql, [rows[0]?.id]);
    try {
      expect(await verify()).toEqual({ status: 0, ok: true, problem: null, problemSeq: null });
      await change("UPDATE audit_event SET actor_name = 'somebody' WHERE tenant_id = $1 AND seq = 3");
      const changed = 'Event 3 was changed after it was written.';
      expect(await verify()).toEqual({ status: 1, ok: false, problem: changed, problemSeq: 3 });
      const words = await switchyard.command(['audit', 'verify', ...tenant()]);
      expect(words.status).toBe(1);
      expect(words.stdout).toMatch(
        /^The audit log of acme is NOT whole, 1 problem\(s\) in \d+ events:\n {2}Event 3 was changed/,
      );
      await change('DELETE FROM audit_event WHERE tenant_id = $1 AND seq = 3');
      expect(await verify()).toEqual({ status: 1, ok: false, problem: 'Event 3 is missing.', problemSeq: 3 });
    } finally {
      await database.end();
    }
    expect(JSON.parse(await run(switchyard, 'audit', 'verify', ...tenant('demo'), '--json'))).toMatchObject({
      ok: true,
    });
  }, 60_000);

  it('when Switchyard has ended, commands work again by themselves, and nothing stays', async () => {
    await switchyard.stop();
    expect(JSON.parse(await run(switchyard, 'tenant', 'list', '--json'))).toHaveLength(4);
    expect(processesOf(switchyard.home)).toEqual([]);
  }, 30_000);
});

const jsonLines = (ended: Ended | undefined): unknown[] =>
  (ended?.stdout ?? '')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
