import { randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { run } from './commands.ts';
import { dataOf, graphqlAs, join, type Caller } from './people.ts';
import { eventually } from './processes.ts';
import { onNode } from './real-servers.ts';
import type { Switchyard } from './switchyard.ts';

const WORKBENCH = fileURLToPath(new URL('../fixtures/workbench-server.ts', import.meta.url));

/** A tenant that has one of everything, and a word in all of it that stands nowhere else. */
export interface Planted {
  readonly mark: string;
  readonly slug: string;
  readonly tenant: string;
  readonly key: string;
  readonly keyId: string;
  readonly owner: Caller;
  readonly connection: string;
  readonly connectionUpdatedAt: string;
  /** Of a site that does not answer. */
  readonly crawl: string;
  readonly tool: string;
  /** One whose definition has changed: it waits to be accepted. */
  readonly heldTool: string;
  readonly grant: string;
  /** It wants a call of echo approved. */
  readonly rule: string;
  /** Of a run that waits for a person. */
  readonly approval: string;
  readonly waitingRun: string;
  /** A decision that holds for further calls. */
  readonly remembered: string;
  readonly run: string;
  /** Its result was too large to send, and it wrote a file. */
  readonly largeRun: string;
  readonly call: string;
  readonly decision: string;
  readonly member: string;
  readonly user: string;
  readonly invitation: string;
  readonly rollout: string;
  /** Of a chat, as the app named it. */
  readonly conversation: string;
  /** The same chat by our id. */
  readonly chat: string;
  readonly conversationsCursor: string;
  /** One that waits for a person. */
  readonly price: string;
  /** Of a test; its webhook leads nowhere. */
  readonly alert: string;
  readonly delivery: string;
  /** Cancelled at once. */
  readonly comparison: string;
  /** Of that chat, as `sampled` is. */
  readonly shadow: string;
  readonly sampled: string;
  /** Of a run that somebody looks at, and what was blocked for another. */
  readonly reviewItem: string;
  readonly block: string;
  readonly runsCursor: string;
  readonly auditCursor: string;
  readonly toolsCursor: string;
}

const largeCodeOf = (mark: string): string => `await workspace.write('${mark}.txt', '${mark} wrote this');
return Array.from({ length: 5_000 }, () => '${mark} kept this');`;
const skillOf = (mark: string): string => `import { echo } from 'servers/${mark}';
export async function ${mark}(input: { text: string }): Promise<unknown> { return echo({ text: '${mark}' + input.text }); }`;

export const codeOf = (mark: string): string => `import { echo } from 'servers/${mark}';
console.log('${mark} begins');
return { mark: '${mark}', text: await echo({ text: '${mark}' }) };`;

/** A row of a price list as the command line takes it. */
export const priceOf = (provider: string, output = '1'): string[] => {
  const source = ['--source', 'https://prices.example/', '--source-date', '2026-01-01', '--from', '2026-01-01'];
  return ['--provider', provider, '--model', 'large', '--input', '1', '--output', output, ...source];
};

const ASK = 'mutation ($runId: ID!) { askForReview(runId: $runId) { id } }';
const BLOCK = `mutation ($itemId: ID!, $comment: String!) {
  giveVerdict(input: { itemId: $itemId, seen: open, verdict: violation, comment: $comment, block: [code] }) { item { id } }
}`;

/** One that waits for a reviewer, and the block that another one's violation set. */
async function plantReviews(
  switchyard: Switchyard,
  { key, owner, mark }: Pick<Planted, 'key' | 'owner' | 'mark'>,
): Promise<Pick<Planted, 'reviewItem' | 'block'>> {
  const asked = async (code: string): Promise<string> => {
    const { body } = await switchyard.execute(key, code);
    return dataOf(await graphqlAs(switchyard, owner, ASK, { runId: body.id })).askForReview.id;
  };
  const bad = await asked(`return '${mark} is blocked'`);
  dataOf(await graphqlAs(switchyard, owner, BLOCK, { itemId: bad, comment: `${mark} is bad` }));
  const { blocks } = dataOf(await graphqlAs(switchyard, owner, '{ blocks { id } }'));
  return { reviewItem: await asked(`return '${mark} is looked at'`), block: blocks[0].id };
}

const ASKS_PEOPLE = 'mutation ($rule: PolicyRuleInput!) { savePolicyRule(rule: $rule) { rules { id name } } }';
const REMEMBER = `mutation ($id: ID!) {
  decideApproval(id: $id, granted: true, remember: { scope: arguments, days: 7 }) { status }
}`;

/** Revision of own rules that are not in force; a number, so nothing to look for in answers. */
export const PLANTED_MODULE = 77;

/** Written behind the product's back: it is about who reads it, and not about what compiles. */
async function plantModule(switchyard: Switchyard, { slug, mark }: Pick<Planted, 'slug' | 'mark'>): Promise<void> {
  const client = new pg.Client({ connectionString: switchyard.cli('db', 'url') });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO policy_module (tenant_id, revision, comment, source, tests, wasm, hash, test_count, compiler, created_by)
       SELECT id, $3, $1, $1, $1, '', $1, 1, 'opa', $1 FROM tenant WHERE slug = $2`,
      [mark, slug, PLANTED_MODULE],
    );
  } finally {
    await client.end();
  }
}

/** One that waits, and one that was decided for further calls too. */
async function plantApprovals(
  switchyard: Switchyard,
  { mark, key, owner }: Pick<Planted, 'mark' | 'key' | 'owner'>,
): Promise<Pick<Planted, 'rule' | 'approval' | 'waitingRun' | 'remembered'>> {
  const asks = { arguments: [{ path: ['text'], op: 'starts_with', value: 'please' }] };
  const rule = {
    name: mark,
    server: mark,
    tool: 'echo',
    reason: mark,
    when: asks,
    effect: { approval: { persons: 1 } },
  };
  const { savePolicyRule } = dataOf(await graphqlAs(switchyard, owner, ASKS_PEOPLE, { rule }));
  const ask = async (text: string): Promise<{ run: string; approval: string }> => {
    const code = `import { echo } from 'servers/${mark}'; return echo({ text: '${text} ${mark}' })`;
    const { body, text: told } = await switchyard.execute(key, code, { conversation: mark });
    if (body.status !== 'awaiting_approval') throw new Error(`the run that should wait ended so: ${told}`);
    return { run: body.id, approval: body.approvals[0].id };
  };
  const first = await ask('please do');
  dataOf(await graphqlAs(switchyard, owner, REMEMBER, { id: first.approval }));
  await eventually('the approved run ends', async () => {
    const { body } = await switchyard.request('GET', `/v1/executions/${first.run}`, { key });
    return body.status === 'done';
  });
  const second = await ask('please wait');
  const { rememberedApprovals } = dataOf(await switchyard.graphql(key, '{ rememberedApprovals { id } }'));
  return {
    rule: pick<Named>(savePolicyRule.rules, ({ name }) => name === mark).id,
    approval: second.approval,
    waitingRun: second.run,
    remembered: rememberedApprovals[0].id,
  };
}

const EVERYTHING = `{
  viewer { tenant { id } }
  connections { id name updatedAt tools { id functionName status } }
  apiKeys { id name }
  policy { grants { id server } }
  members { id userId }
  invitations { id }
  runs(limit: 1, filter: { status: done }) { items { id calls { id } decisions { id } } next }
  auditEvents(limit: 1) { next }
  conversations(limit: 1) { items { id } next }
}`;

const SAMPLE_ALL = `mutation { setSampling(input: {
  shadowBasisPoints: 10000, shadowBudgetMicros: 1000000, shadowRunsPerDay: 1000, gradingBasisPoints: 10000
}) { shadowBasisPoints } }`;
const SAMPLED = '{ shadowRuns { items { id status } } sampledAnswers { items { id } } }';
const START = 'mutation { startComparison(input: { suite: "catalogue", concurrency: 1 }) { id } }';
const CANCEL = 'mutation ($id: ID!) { cancelComparison(id: $id) { status } }';

interface Named {
  readonly id: string;
  readonly name?: string;
  readonly server?: string;
  readonly functionName?: string;
}

const pick = <Item extends Named>(items: readonly Item[], is: (item: Item) => boolean): Item => {
  const found = items.find(is);
  if (!found) throw new Error(`nothing like that among ${JSON.stringify(items)}`);
  return found;
};

export async function plant(switchyard: Switchyard, slug: string, folder: string): Promise<Planted> {
  const mark = `planted${randomBytes(4).toString('hex')}`;
  const tenant = ['--tenant', slug];
  const people = ['--name', `${mark} Ltd`, '--owner', `owner@${mark}.example`];
  const made = JSON.parse(await run(switchyard, 'tenant', 'create', '--slug', slug, ...people, '--json'));
  const [owner, key] = await Promise.all([
    join(switchyard, { link: made.ownerInvitation, email: `owner@${mark}.example`, name: `Owner ${mark}` }),
    run(switchyard, 'key', 'create', ...tenant, '--name', `${mark} key`, '--scopes', 'runs,tools,chat,admin'),
  ]);

  const definition = path.join(folder, 'changing.txt');
  fs.writeFileSync(definition, `${mark} as it was`);
  const secret = ['--env', `WORKBENCH_SECRET=secret-of-${mark}`];
  const server = ['--name', mark, '--stdio', onNode(WORKBENCH, definition)];
  await run(switchyard, 'connection', 'add', ...tenant, ...server, ...secret);
  fs.writeFileSync(definition, `${mark} as it is`);
  const grant = ['--role', 'api_key', '--tool', `${mark}.*`, '--effect', 'allow', '--comment', `for ${mark}`];
  await Promise.all([
    run(switchyard, 'connection', 'check', mark, ...tenant),
    run(switchyard, 'grant', 'set', ...tenant, ...grant),
  ]);

  const price = ['price', 'add', ...tenant];
  await run(switchyard, ...price, ...priceOf(mark));
  const waiting = JSON.parse(await run(switchyard, ...price, ...priceOf(mark, '100'), '--json'));
  await run(switchyard, 'budget', 'set', ...tenant, '--webhook', `http://127.0.0.1:9/${mark}`);

  const testing = 'mutation { testAlerts { id deliveries { id } } }';
  const { testAlerts } = dataOf(await switchyard.graphql(key, testing));

  const ran = await switchyard.execute(key, codeOf(mark), { conversation: mark });
  if (ran.body.status !== 'done') throw new Error(`the planted run ended so: ${ran.text}`);
  await switchyard.execute(key, codeOf(mark), { conversation: mark }); // two, so that there is a next page
  // Every answer is sampled, and one more is, so that there are next pages.
  dataOf(await graphqlAs(switchyard, owner, SAMPLE_ALL));
  const messages = [{ role: 'user', content: `Hello, this is ${mark}` }];
  const conversation = randomUUID();
  const chat = { key, body: { messages, metadata: { conversation_id: conversation } } };
  await switchyard.request('POST', '/v1/chat/completions', { key, body: { messages } }); // so that there is a next page
  await switchyard.request('POST', '/v1/chat/completions', chat);
  const sampling = await eventually('the planted chat is sampled', async () => {
    const { shadowRuns, sampledAnswers } = dataOf(await switchyard.graphql(key, SAMPLED));
    const isDone = shadowRuns.items.every(({ status }: { status: string }) => status !== 'running');
    return isDone && shadowRuns.items[0] && sampledAnswers.items[0] ? { shadowRuns, sampledAnswers } : undefined;
  });
  const { startComparison } = dataOf(await graphqlAs(switchyard, owner, START));
  dataOf(await graphqlAs(switchyard, owner, CANCEL, startComparison));
  await eventually('nothing of it runs any more', async () => {
    const { runs } = dataOf(await switchyard.graphql(key, '{ runs(filter: { status: running }) { items { id } } }'));
    return runs.items.length === 0;
  });
  const large = await switchyard.execute(key, largeCodeOf(mark), { conversation: mark });
  if (large.body.handle === null) throw new Error(`the large run ended so: ${large.text}`);
  const skill = { name: mark, description: `${mark} says it twice`, code: skillOf(mark) };
  const savedSkill = await switchyard.request('POST', '/v1/skills', { key, body: skill });
  if (savedSkill.status !== 201) throw new Error(`the planted skill: ${savedSkill.text}`);
  const promoted = { ...owner, body: { version: 1 } };
  const promotion = await switchyard.request('POST', `/v1/skills/${mark}/promote`, {
    ...promoted,
    headers: { ...owner.headers, origin: switchyard.url },
  });
  if (promotion.status !== 200) throw new Error(`the planted skill was not promoted: ${promotion.text}`);
  const approvals = await plantApprovals(switchyard, { mark, key, owner });
  await plantModule(switchyard, { slug, mark });
  const invite = 'mutation ($email: String!) { inviteMember(email: $email, role: analyst) { id } }';
  dataOf(await graphqlAs(switchyard, owner, invite, { email: `invited@${mark}.example` }));

  const plan = `mutation { createRollout(input: { name: "${mark}", reason: "${mark}" }) { id } }`;
  const { createRollout } = dataOf(await switchyard.graphql(key, plan));
  dataOf(
    await switchyard.graphql(
      key,
      `mutation { setFlag(input: { key: "${mark}", enabled: true, reason: "${mark}" }) { key }
        throw: setKillSwitch(thrown: true, reason: "${mark}") { thrown }
        release: setKillSwitch(thrown: false, reason: "${mark}") { thrown } }`,
    ),
  );

  const reviews = await plantReviews(switchyard, { key, owner, mark });
  await switchyard.execute(key, codeOf(mark), { conversation: mark }); // the newest, with its calls and decisions

  const crawl = 'mutation ($url: String!) { startSiteCrawl(input: { url: $url }) { id } }';
  const { startSiteCrawl } = dataOf(await switchyard.graphql(key, crawl, { url: `http://127.0.0.1:9/${mark}` }));
  const data = dataOf(await switchyard.graphql(key, EVERYTHING));
  const connection = pick<Named & { updatedAt: string; tools: (Named & { status: string })[] }>(
    data.connections,
    ({ name }) => name === mark,
  );
  const tools = await switchyard.request('GET', '/v1/tools?limit=1', { key });
  return {
    mark,
    slug,
    price: waiting.id,
    tenant: data.viewer.tenant.id,
    key,
    keyId: pick<Named>(data.apiKeys, ({ name }) => name === `${mark} key`).id,
    owner,
    connection: connection.id,
    connectionUpdatedAt: connection.updatedAt,
    crawl: startSiteCrawl.id,
    tool: pick(connection.tools, ({ functionName }) => functionName === 'echo').id,
    heldTool: pick(connection.tools, ({ status }) => status === 'held').id,
    grant: pick<Named>(data.policy.grants, ({ server }) => server === mark).id,
    ...approvals,
    run: data.runs.items[0].id,
    largeRun: large.body.id,
    call: data.runs.items[0].calls[0].id,
    decision: data.runs.items[0].decisions[0].id,
    member: data.members[0].id,
    user: data.members[0].userId,
    invitation: data.invitations[0].id,
    rollout: createRollout.id,
    conversation,
    chat: data.conversations.items[0].id,
    conversationsCursor: data.conversations.next,
    alert: testAlerts.id,
    delivery: testAlerts.deliveries[0].id,
    comparison: startComparison.id,
    shadow: sampling.shadowRuns.items[0].id,
    sampled: sampling.sampledAnswers.items[0].id,
    ...reviews,
    runsCursor: data.runs.next,
    auditCursor: data.auditEvents.next,
    toolsCursor: tools.body.next,
  };
}

/** Names of the same form that nobody has. */
export const nobodys = (planted: Planted): Planted => ({
  ...planted,
  mark: `planted${randomBytes(4).toString('hex')}`,
  ...Object.fromEntries(ids(planted).map(([name]) => [name, randomUUID()])),
});

const ID = /^[0-9a-f]{8}-/;
const ids = (planted: Planted): [string, string][] =>
  Object.entries(planted).filter((entry): entry is [string, string] => ID.test(String(entry[1])));

/** What stands in `text` of a tenant, beside what the asker said itself. */
export const leaksOf = (planted: Planted, text: string, asked = ''): string[] =>
  [['mark', planted.mark], ['bearer', planted.key], ...ids(planted)]
    .filter(([, value]) => value && text.includes(value) && !asked.includes(value))
    .map(([name]) => String(name));

/** A text with a tenant's names taken out, so that an answer about something hidden can be held against one about nothing. */
export const anonymous = (planted: Planted, text: string): string =>
  [['mark', planted.mark] as const, ...ids(planted)]
    .reduce((rest, [name, value]) => rest.replaceAll(value, `<${name}>`), text)
    .replace(/[0-9a-f]{32}/g, '<trace>');
