import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, messageOf } from '@switchyard/kernel';
import type { Command } from 'commander';
import { z } from 'zod';
import { askGraphql, type Caller } from '../api.ts';
import type { Env } from '../env.ts';
import { table } from '../output.ts';

const Suites = z.array(
  z.object({ name: z.string(), title: z.string(), cases: z.array(z.object({ writes: z.boolean() })) }),
);
const Running = z.object({ id: z.string(), status: z.string(), caseCount: z.number(), doneCount: z.number() });
type Running = z.infer<typeof Running>;
const Report = z.object({ markdown: z.string(), json: z.unknown() });

const FIELDS = 'id status caseCount doneCount';
const START = `mutation ($input: StartComparison!) { startComparison(input: $input) { ${FIELDS} } }`;
const RESUME = `mutation ($id: ID!) { resumeComparison(id: $id) { ${FIELDS} } }`;
const CANCEL = `mutation ($id: ID!) { cancelComparison(id: $id) { ${FIELDS} } }`;
const WATCH = `query ($id: ID!) { comparison(id: $id) { ${FIELDS} } }`;
const REPORT = 'query ($id: ID!) { comparisonReport(id: $id) { markdown json } }';
const SUITES = '{ suites { name title cases { writes } } }';
const POLL_MS = 500;

interface CompareOptions extends Caller {
  readonly suite?: string;
  readonly resume?: string;
  readonly concurrency?: string;
  readonly allowWrites?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly out?: string;
}

const begin = (env: Env, { suite, resume, concurrency, allowWrites, ...caller }: CompareOptions): Promise<Running> => {
  if (resume !== undefined)
    return askGraphql(env, caller, { query: RESUME, variables: { id: resume }, answer: Running });
  const atOnce = concurrency === undefined ? {} : { concurrency: Number(concurrency) };
  if (Number.isNaN(atOnce.concurrency)) throw new AppError('unprocessable', '--concurrency takes a number, 1 to 8');
  const input = { suite, allowWrites: allowWrites ?? false, ...atOnce };
  return askGraphql(env, caller, { query: START, variables: { input }, answer: Running });
};

/** Tells how far it is until it has ended; an interrupt cancels it where it runs. */
async function follow(env: Env, caller: Caller, first: Running): Promise<Running> {
  const { id } = first;
  let told = -1;
  const onInterrupt = (): void => {
    const gone = (): never => process.exit(130);
    askGraphql(env, caller, { query: CANCEL, variables: { id }, answer: Running }).then(gone, gone);
  };
  process.once('SIGINT', onInterrupt);
  try {
    for (let now = first; ; now = await askGraphql(env, caller, { query: WATCH, variables: { id }, answer: Running })) {
      if (now.doneCount !== told) process.stderr.write(`${now.doneCount} of ${now.caseCount} cases\n`);
      told = now.doneCount;
      if (now.status !== 'running') return now;
      await sleep(POLL_MS);
    }
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

function write(env: Env, file: string, text: string): void {
  const place = path.resolve(env.SWITCHYARD_CWD, file);
  try {
    writeFileSync(place, text);
  } catch (error) {
    throw new AppError('invalid_request', `Cannot write ${place}: ${messageOf(error)}.`);
  }
}

async function listSuites(env: Env, caller: CompareOptions): Promise<void> {
  const suites = await askGraphql(env, caller, { query: SUITES, variables: {}, answer: Suites });
  const rows = suites.map(({ name, title, cases }) => {
    const writing = cases.filter(({ writes }) => writes).length;
    return [name, String(cases.length), writing > 0 ? `${writing} with --allow-writes` : '', title];
  });
  const text = table(['suite', 'cases', 'of which write', 'title'], rows);
  process.stdout.write(`${caller.json ? JSON.stringify(suites, null, 2) : text}\n`);
}

export function addCompareCommand(program: Command, env: Env): void {
  program
    .command('compare')
    .description('sends a suite of questions through both arms; without --suite it lists the suites')
    .option('--suite <name>', 'which suite')
    .option('--resume <id>', 'goes on with a comparison that was interrupted or cancelled')
    .option('--allow-writes', 'also the cases whose tools change something')
    .option('--concurrency <n>', 'cases at once, 1 to 8')
    .option('--tenant <slug>', 'for which tenant', 'demo')
    .option('--key <key>', "as this API key; a key of the command line's own otherwise")
    .option('--markdown', 'the report as Markdown, which is also what is printed unless told')
    .option('--json', 'the report as JSON')
    .option('--out <file>', 'writes the report to a file')
    .action(async (options: CompareOptions) => {
      if (options.json && options.markdown)
        throw new AppError('invalid_request', 'give --json or --markdown, not both');
      if (options.suite === undefined && options.resume === undefined) return listSuites(env, options);
      if (options.suite !== undefined && options.resume !== undefined)
        throw new AppError('invalid_request', 'give --suite or --resume, not both');
      const ended = await follow(env, options, await begin(env, options));
      const variables = { id: ended.id };
      const report = await askGraphql(env, options, { query: REPORT, variables, answer: Report });
      const text = options.json ? `${JSON.stringify(report.json, null, 2)}\n` : report.markdown;
      if (options.out === undefined) process.stdout.write(text);
      else write(env, options.out, text);
      if (ended.status === 'done') return;
      process.stderr.write(
        `The comparison is ${ended.status}: switchyard compare --resume ${ended.id} goes on with it.\n`,
      );
      process.exitCode = 1;
    });
}
