import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dataOf } from './support/people.ts';
import { eventually } from './support/processes.ts';
import { onNode, openFolder } from './support/real-servers.ts';
import { Switchyard } from './support/switchyard.ts';

const WORKFLOWS = fileURLToPath(new URL('./fixtures/workflow-server.ts', import.meta.url));
const NOTICE = 'The scripted model answered, not a language model.';
const ISSUE =
  'Read the document acceptance-report and open an issue with its title and its whole text. Tell me the number of the issue and how many characters its text has.';

interface Case {
  readonly caseId: string;
  readonly verdict: string;
  readonly baseline: { readonly inputTokens: number; readonly outputTokens: number; readonly text: string };
  readonly candidate: { readonly inputTokens: number; readonly outputTokens: number; readonly runs: string[] };
}

describe('comparisons', () => {
  const folder = openFolder();
  let switchyard: Switchyard;
  let key: string;
  beforeAll(async () => {
    switchyard = await Switchyard.start();
    key = switchyard.createKey();
    const server = ['--name', 'workflows', '--stdio', onNode(WORKFLOWS)];
    switchyard.cli('connection', 'add', '--tenant', 'demo', ...server);
    switchyard.cli(
      'grant',
      'set',
      '--tenant',
      'demo',
      '--role',
      'api_key',
      '--tool',
      'workflows.*',
      '--effect',
      'allow',
    );
  }, 120_000);
  afterAll(async () => {
    await switchyard.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (query: string, variables: object = {}) => dataOf(await switchyard.graphql(key, query, variables));

  it('the command line lists the suites', () => {
    const suites = JSON.parse(switchyard.cli('compare', '--json')) as { name: string; cases: unknown[] }[];
    expect(suites.map(({ name, cases }) => [name, cases.length])).toEqual([
      ['catalogue', 23],
      ['shop', 3],
      ['workflows', 3],
    ]);
  });

  it('the 23 cases go through both arms, and the report says plainly that a script answered', async () => {
    const out = path.join(folder, 'report.json');
    const ended = await switchyard.command(['compare', '--suite', 'catalogue', '--json', '--out', out]);
    expect([ended.status, ended.stdout]).toEqual([0, '']);
    expect(ended.stderr).toContain('23 of 23 cases');
    const report = JSON.parse(fs.readFileSync(out, 'utf8'));
    expect(report.notice).toContain(NOTICE);
    expect(report.figures).toMatchObject({ cases: 23, equivalent: 23, answeredBy: 'scripted', models: ['scripted'] });
    expect(report.figures.baseline).toMatchObject({ right: 23, errors: 0, costMicros: null });
    expect(report.figures.candidate).toMatchObject({ right: 23, errors: 0 });
    expect(report.figures.targets[0]).toMatchObject({ name: 'functional equivalence', met: null });
    const cases = report.cases as Case[];
    expect(cases.every(({ candidate }) => candidate.runs.length > 0)).toBe(true); // code really ran
    const run = await switchyard.request('GET', `/v1/executions/${cases[0]?.candidate.runs[0] ?? ''}`, { key });
    expect(run.body.status).toBe('done');
  }, 120_000);

  it('what writes is left out, and run when that is allowed: the data-heavy workflows save over 95 % of the tokens', async () => {
    const careful = switchyard.cli('compare', '--suite', 'workflows', '--json');
    expect(JSON.parse(careful).cases.map(({ caseId }: Case) => caseId)).toEqual(['ten-thousand-rows']);
    const markdown = switchyard.cli('compare', '--suite', 'workflows', '--allow-writes');
    expect(markdown).toContain(`> **${NOTICE}`);
    expect(markdown).toContain('at least 95 % fewer (157,550 → 3,750)');
    const { comparisons } = await ask('{ comparisons(limit: 1) { items { id status withWrites } } }');
    const [{ id }] = comparisons.items;
    const { comparisonReport } = await ask('query ($id: ID!) { comparisonReport(id: $id) { json } }', { id });
    for (const { caseId, baseline, candidate, verdict } of comparisonReport.json.cases as Case[]) {
      const [before, after] = [baseline, candidate].map(({ inputTokens, outputTokens }) => inputTokens + outputTokens);
      expect([caseId, verdict]).toEqual([caseId, 'equivalent']);
      expect([caseId, (after ?? 0) / (before ?? 0) < 0.05]).toEqual([caseId, true]);
    }
  }, 180_000);

  it('what cannot be run is refused in words', () => {
    const unknown = switchyard.tryCli('compare', '--suite', 'nonsense');
    expect([unknown.status, unknown.stderr]).toEqual([
      1,
      expect.stringContaining('There are: catalogue, shop, workflows.'),
    ]);
    switchyard.cli('tenant', 'create', '--slug', 'bare', '--name', 'Bare');
    const missing = switchyard.tryCli('compare', '--suite', 'workflows', '--tenant', 'bare', '--json');
    expect(missing.status).toBe(1);
    expect(JSON.parse(missing.stderr).error.message).toContain('workflows.getSheet');
    const both = switchyard.tryCli('compare', '--suite', 'catalogue', '--json', '--markdown');
    expect([both.status, both.stderr]).toEqual([1, expect.stringContaining('not both')]);
  });

  describe('beside users', () => {
    const sampling = `mutation ($input: SetSampling!) { setSampling(input: $input) { shadowBasisPoints } }`;
    const ALL = {
      shadowBasisPoints: 10_000,
      shadowBudgetMicros: 1_000_000,
      shadowRunsPerDay: 100,
      gradingBasisPoints: 10_000,
    };
    const SHADOWS =
      '{ shadowRuns { items { id conversation status verdict error shadowArm served { calls } shadow { calls } scripted } } }';
    const chat = async (conversation: string, content: string) => {
      const body = { messages: [{ role: 'user', content }], metadata: { conversation_id: conversation } };
      return switchyard.request('POST', '/v1/chat/completions', { key, body });
    };
    const shadowOf = (conversation: string) =>
      eventually(
        `the other arm has answered ${conversation}`,
        async () => {
          const { shadowRuns } = await ask(SHADOWS);
          const found = shadowRuns.items.find((one: { conversation: string }) => one.conversation === conversation);
          return found && found.status !== 'running' ? found : undefined;
        },
        30_000,
      );

    beforeAll(() => ask(sampling, { input: ALL }));
    afterAll(() => ask(sampling, { input: { ...ALL, shadowBasisPoints: 0, gradingBasisPoints: 0 } }));

    it('the other arm answers too, nobody sees it, and its cost is counted apart', async () => {
      const answer = await chat('asks-a-price', 'How much does the A4VTG90 cost?');
      expect(answer.headers.get('x-switchyard-arm')).toBe('traditional');
      const shadow = await shadowOf('asks-a-price');
      expect(shadow).toMatchObject({ status: 'compared', verdict: 'equivalent', shadowArm: 'code', scripted: true });
      const { usage } = await ask('{ usage(by: purpose) { key calls } }');
      expect(usage.find(({ key: purpose }: { key: string }) => purpose === 'shadow')?.calls).toBeGreaterThan(0);
      const { conversations } = await ask('{ conversations { items { key answers } } }');
      const own = conversations.items.find((one: { key: string }) => one.key === 'asks-a-price');
      expect(own.answers).toBe(1);
    }, 60_000);

    it('but not where that would do something twice in the world', async () => {
      expect((await chat('opens-an-issue', ISSUE)).body.choices[0].message.content).toContain('characters');
      await chat('asks-again', 'How much does the A10VSO45 cost?');
      await shadowOf('asks-again'); // by then the one before would be there
      const { shadowRuns } = await ask(SHADOWS);
      const seen = shadowRuns.items.map(({ conversation }: { conversation: string }) => conversation);
      expect(seen).not.toContain('opens-an-issue');
      const { decisions } = await ask(
        '{ decisions(limit: 100, filter: { tool: "createIssue" }) { items { surface effect } } }',
      );
      const inShadow = decisions.items.filter(({ surface }: { surface: string }) => surface === 'shadow');
      expect(inShadow.filter(({ effect }: { effect: string }) => effect === 'allow')).toEqual([]);
    }, 60_000);

    it('answers wait for a person, who grades each once; the grade is in the audit log', async () => {
      const QUEUE = '{ sampledAnswers(graded: false) { items { id question answer scripted } } }';
      const waiting = await eventually('an answer waits', async () => {
        const { sampledAnswers } = await ask(QUEUE);
        return sampledAnswers.items.find(({ question }: { question: string }) => question.includes('A4VTG90'));
      });
      expect(waiting).toMatchObject({ scripted: true });
      const grade =
        'mutation ($id: ID!) { gradeAnswer(id: $id, grade: partly, comment: "no stock") { grade gradedByName } }';
      const { gradeAnswer } = await ask(grade, waiting);
      expect(gradeAnswer).toMatchObject({ grade: 'partly' });
      const again = await switchyard.graphql(key, grade, waiting);
      expect(again.body.errors[0].extensions.code).toBe('CONFLICT');
      const { auditEvents } = await ask(
        'query ($id: String!) { auditEvents(filter: { targetId: $id }) { items { action } } }',
        waiting,
      );
      expect(auditEvents.items).toEqual([{ action: 'answer.graded' }]);
    });
  });
});
