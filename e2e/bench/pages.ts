// Pages with 100,000 conversations: `npm run bench -- pages [conversations]`. They are written by SQL, as a year of traffic would
// have left them; the figures in them mean nothing. What is told is how long each page takes until its content stands.
import pg from 'pg';
import type { Page } from 'playwright-core';
import { CHROMIUM, openBrowser, openPage, picture, signIn } from '../support/browser.ts';
import { Switchyard } from '../support/switchyard.ts';
import { distribution, row } from './measure.ts';

const CONVERSATIONS = Number(process.argv[3] ?? 100_000);
const VISITS = 7;
const GOAL_MS = 2_000;

/** Two messages each, one model call for each answer, spread over ninety days; one in a thousand with an error. */
const SEED = `
  WITH one AS (
    SELECT n, gen_random_uuid() AS id, now() - (n % 7776000) * interval '1 second' - random() * interval '1 day' AS at,
           CASE WHEN n % 2 = 0 THEN 'code' ELSE 'traditional' END AS arm
    FROM generate_series(1, $2::int) AS n
  ), talk AS (
    INSERT INTO conversation (id, tenant_id, key, principal_kind, principal_id, principal_name, arm, band, answers, errors,
                              prompt_tokens, completion_tokens, cost_micros, started_at, last_at)
    SELECT id, $1::uuid, 'talk ' || n, 'key', 'k', 'app', arm, CASE WHEN arm = 'code' THEN 'treatment' ELSE 'control' END, 1,
           (n % 1000 = 0)::int, 900, 80, 400, at, at FROM one
  ), asked AS (
    INSERT INTO message (id, tenant_id, conversation_id, role, content, at, trace_id)
    SELECT gen_random_uuid(), $1::uuid, id, 'user', 'Do you have the A4VTG90 in stock, number ' || n || '?', at, repeat('0', 32) FROM one
  )
  INSERT INTO message (id, tenant_id, conversation_id, role, content, at, trace_id, status, arm, served_arm, model,
                       model_calls, prompt_tokens, completion_tokens, cost_micros, latency_ms)
  SELECT gen_random_uuid(), $1::uuid, id, 'assistant', 'Yes, seven of them.', at, repeat('0', 32),
         CASE WHEN n % 1000 = 0 THEN 'error' ELSE 'ok' END, arm, arm, 'fake-1', 1, 900, 80, 400, 700 FROM one`;

const EXPOSED = `
  INSERT INTO exposure (id, tenant_id, rollout_id, attempt, epoch, unit, conversation, band, arm, at, answers)
  SELECT gen_random_uuid(), c.tenant_id, $2::uuid, r.attempt, r.epoch, c.key, c.key, c.band, c.arm, c.started_at, 1
  FROM conversation c JOIN rollout r ON r.id = $2::uuid WHERE c.tenant_id = $1::uuid`;

const COUNTED = `
  INSERT INTO arm_count (tenant_id, rollout_id, epoch, band, attempt, share_basis_points, units, answered_units, error_units,
                         answers, errors, prompt_tokens, completion_tokens, cost_units, cost_sum, cost_squares,
                         latency_sum, latency_squares, latencies, last_at)
  SELECT c.tenant_id, r.id, r.epoch, c.band, r.attempt, 5000, count(*), count(*), sum(c.errors), count(*), sum(c.errors),
         sum(c.prompt_tokens), sum(c.completion_tokens), count(*), sum(c.cost_micros), sum(c.cost_micros::float8 ^ 2),
         count(*) * 700.0, count(*) * 490000.0, array_fill(0, ARRAY[75]) || count(*)::int || array_fill(0, ARRAY[85]), now()
  FROM conversation c JOIN rollout r ON r.id = $2::uuid WHERE c.tenant_id = $1::uuid GROUP BY c.tenant_id, r.id, r.epoch, c.band, r.attempt
  ON CONFLICT (tenant_id, rollout_id, epoch, band) DO UPDATE SET units = EXCLUDED.units, answered_units = EXCLUDED.answered_units,
    answers = EXCLUDED.answers, cost_units = EXCLUDED.cost_units, cost_sum = EXCLUDED.cost_sum, cost_squares = EXCLUDED.cost_squares,
    latency_sum = EXCLUDED.latency_sum, latency_squares = EXCLUDED.latency_squares, latencies = EXCLUDED.latencies, last_at = EXCLUDED.last_at`;

const PAID = `
  INSERT INTO model_call (id, tenant_id, conversation, arm, purpose, provider, model, scripted, input_tokens, cached_input_tokens,
                          output_tokens, reasoning_tokens, usage_estimated, status, cost_micros, trace_id, started_at, duration_ms)
  SELECT gen_random_uuid(), tenant_id, key, arm, 'chat', 'openai', 'gpt-4o-mini', false, 900, 0, 80, 0, false, 'ok', 400,
         repeat('0', 32), started_at, 700
  FROM conversation WHERE tenant_id = $1::uuid`;

const COMPARED = `
  WITH one AS (
    INSERT INTO counterfactual (id, tenant_id, at, kind, arm, purpose, conversation, provider, model, scripted, definition_tokens,
                                result_tokens, used_input_tokens, used_output_tokens, used_cost_micros, other_input_tokens,
                                other_output_tokens, other_cost_micros, turns, used)
    SELECT gen_random_uuid(), tenant_id, started_at, 'answer', arm, 'chat', key, 'openai', 'gpt-4o-mini', false, 1500, 4000, 900, 80,
           400, 6400, 90, 1100, '[[6400,0,90]]', '[[900,0,80,0]]'
    FROM conversation WHERE tenant_id = $1::uuid AND arm = 'code' RETURNING id, tenant_id, at, arm
  )
  INSERT INTO counterfactual_tool (counterfactual_id, tenant_id, tool, at, arm, scripted, calls, result_tokens, other_input_tokens)
  SELECT id, tenant_id, 'search.searchProducts', at, arm, false, 2, 4000, 4000 FROM one`;

async function seed(switchyard: Switchyard): Promise<number> {
  const client = new pg.Client({ connectionString: switchyard.cli('db', 'url') });
  await client.connect();
  const began = performance.now();
  try {
    const { rows } = await client.query<{ tenant_id: string; id: string }>('SELECT tenant_id, id FROM rollout');
    const [{ tenant_id, id } = { tenant_id: '', id: '' }] = rows;
    await client.query(SEED, [tenant_id, CONVERSATIONS]);
    await client.query(EXPOSED, [tenant_id, id]);
    await client.query(COUNTED, [tenant_id, id]);
    await client.query(PAID, [tenant_id]);
    await client.query(COMPARED, [tenant_id]);
    await client.query('ANALYZE');
  } finally {
    await client.end();
  }
  return (performance.now() - began) / 1_000;
}

const PAGES: readonly {
  readonly link: string;
  readonly path: string;
  readonly stands: (page: Page) => Promise<void>;
}[] = [
  {
    link: 'Conversations',
    path: '/conversations',
    stands: (page) => page.locator('[data-arm]').first().waitFor(),
  },
  {
    link: 'Experiment',
    path: '/experiment',
    stands: (page) => page.getByTestId('difference-latency').waitFor(),
  },
  { link: 'Savings', path: '/savings', stands: (page) => page.getByText('By arm').waitFor() },
];

export async function pages(print: (text: string) => void): Promise<void> {
  if (!CHROMIUM) return print('LEFT OUT: CHROMIUM names no browser');
  const switchyard = await Switchyard.start();
  const browser = await openBrowser();
  try {
    switchyard.cli('rollout', 'set', '--tenant', 'demo', '--percent', '50', '--reason', 'bench');
    const seconds = await seed(switchyard);
    print(
      `\nPages with ${CONVERSATIONS.toLocaleString('en-US')} conversations (written by SQL in ${seconds.toFixed(0)} s)`,
    );
    const complaints: string[] = [];
    const page = await openPage(browser, switchyard.url, complaints);
    page.setDefaultTimeout(60_000);
    await signIn(page, switchyard.credentials);
    for (const { link, path, stands } of PAGES) {
      const samples: number[] = [];
      for (let visit = 0; visit < VISITS; visit++) {
        await page.goto('about:blank');
        const began = performance.now();
        await page.goto(`${switchyard.url}/#${path}`);
        await stands(page);
        samples.push(performance.now() - began);
      }
      await picture(page, `many-${link.toLowerCase()}`);
      const found = distribution(samples);
      print(row(`  ${link}: from nothing until its content stands`, found, 'ms'));
      if (found.p50 > GOAL_MS) process.exitCode = 1;
    }
    for (const complaint of complaints) print(`  the page complained: ${complaint}`);
  } finally {
    await browser.close();
    await switchyard.remove();
  }
}
