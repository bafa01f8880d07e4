// The decision log under a draft of the policy, as the console asks for it: `npm run bench -- replay [decisions]`. The log is
// written by SQL from a decision that was really made; in every tenth the caller is another one, and each has arguments of its own.
import pg from 'pg';
import { Switchyard } from '../support/switchyard.ts';
import { memoryOf, peakMemory } from './usage.ts';

const DECISIONS = Number(process.argv[3] ?? 100_000);
const PART = 5_000;
const GOAL_SECONDS = 10;
const GOAL_BYTES = 150 * 1_024 * 1_024;

const SEED = `
  INSERT INTO decision
  SELECT (jsonb_populate_record(NULL::decision, to_jsonb(d) || jsonb_build_object(
    'id', gen_random_uuid(), 'at', d.at - n * interval '7 seconds',
    'input', d.input || jsonb_build_object('time', d.at - n * interval '7 seconds', 'arguments', jsonb_build_object(
      'query', 'axial piston pump number ' || n, 'limit', n % 50, 'customer', '[EMAIL_' || n % 900 || ']', 'amount', n))))).*
  FROM (SELECT * FROM decision ORDER BY id DESC LIMIT 1) d, generate_series(1, $1::int) n`;

const ASKED = `query ($changes: [GrantChange!]!, $rule: PolicyRuleInput, $cursor: String, $limit: Int!) {
  replayDecisions(changes: $changes, rule: $rule, cursor: $cursor, limit: $limit) {
    examined next differences { outcome count }
  }
}`;

const rule = { name: 'draft', server: '*', tool: '*', effect: { deny: true } };
const DRAFTS: readonly { readonly what: string; readonly draft: object }[] = [
  {
    what: 'a grant taken away',
    draft: { changes: [{ subjectKind: 'role', subject: 'api_key', server: 'search', tool: '*', effect: 'deny' }] },
  },
  { what: 'a rule for an arm', draft: { changes: [], rule: { ...rule, when: { arms: ['code'] } } } },
  {
    what: 'a rule at night, over many days',
    draft: {
      changes: [],
      rule: { ...rule, when: { times: { zone: 'Europe/Berlin', days: [1, 2, 3, 4, 5], from: 1_200, to: 420 } } },
    },
  },
  {
    what: 'a rule that reads arguments, all different',
    draft: { changes: [], rule: { ...rule, when: { arguments: [{ path: ['amount'], op: 'gt', value: 90_000 }] } } },
  },
];

export async function replay(print: (text: string) => void): Promise<void> {
  const switchyard = await Switchyard.start();
  const client = new pg.Client({ connectionString: switchyard.cli('db', 'url') });
  try {
    switchyard.cli('grant', 'set', '--tenant', 'demo', '--role', 'api_key', '--tool', 'search.*', '--effect', 'allow');
    const key = switchyard.createKey('demo', 'runs,tools,admin');
    const code = "import { searchProducts } from 'servers/search';\nreturn await searchProducts({ query: 'pump' });";
    await switchyard.execute(key, code);
    await client.connect();
    await client.query(SEED, [DECISIONS]);
    await client.query('ANALYZE decision');
    print(`\nReplay of ${DECISIONS.toLocaleString('en-US')} logged decisions, ${PART} a part`);
    for (const { what, draft } of DRAFTS) {
      const before = memoryOf(switchyard.pid);
      let [examined, differing, slowestMs] = [0, 0, 0];
      const began = performance.now();
      const { peakBytes } = await peakMemory(async () => {
        let cursor: string | null = null;
        do {
          const asked = performance.now();
          const { body } = await switchyard.graphql(key, ASKED, { ...draft, cursor, limit: PART });
          if (body.errors) throw new Error(JSON.stringify(body.errors));
          const part = body.data.replayDecisions;
          examined += part.examined;
          differing += part.differences.reduce((sum: number, one: { count: number }) => sum + one.count, 0);
          slowestMs = Math.max(slowestMs, performance.now() - asked);
          cursor = part.next;
        } while (cursor !== null);
      }, switchyard.pid);
      const seconds = (performance.now() - began) / 1_000;
      const grew = peakBytes - before;
      print(
        `  ${what.padEnd(46)} ${seconds.toFixed(1).padStart(5)} s   slowest part ${(slowestMs / 1_000).toFixed(2)} s` +
          `   memory +${(grew / 1_048_576).toFixed(0)} MB at most   ${differing.toLocaleString('en-US')} of ${examined.toLocaleString('en-US')} otherwise`,
      );
      if (seconds > GOAL_SECONDS || grew > GOAL_BYTES) process.exitCode = 1;
    }
  } finally {
    await client.end();
    await switchyard.remove();
  }
}
