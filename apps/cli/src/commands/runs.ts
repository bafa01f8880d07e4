import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError, messageOf } from '@switchyard/kernel';
import type { Command } from 'commander';
import { z } from 'zod';
import { ask, type Caller } from '../api.ts';
import type { Env } from '../env.ts';
import { print, table } from '../output.ts';

const Tools = z.object({
  total: z.number(),
  tools: z.array(z.object({ server: z.string(), name: z.string(), description: z.string().optional() })),
});
const Execution = z.looseObject({
  status: z.string(),
  result: z.unknown(),
  error: z.unknown(),
  logs: z.array(z.looseObject({ text: z.string() })),
  findings: z.array(
    z.looseObject({ message: z.string(), line: z.number(), column: z.number(), hint: z.string().optional() }),
  ),
});

function readCode(env: Env, file: string): string {
  const place = path.resolve(env.SWITCHYARD_CWD, file);
  try {
    return readFileSync(place, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'this user may not read it' };
    throw new AppError('not_found', `Cannot read ${place}: ${why[code as keyof typeof why] ?? messageOf(error)}.`);
  }
}

export function addRunCommands(program: Command, env: Env): void {
  program
    .command('run <file>')
    .description('runs a TypeScript file in the sandbox of the running Switchyard')
    .option('--tenant <slug>', 'for which tenant', 'demo')
    .option('--key <key>', "as this API key; a key of the command line's own otherwise")
    .option('--json')
    .action(async (file: string, options: Caller & { json?: boolean }) => {
      const body = { code: readCode(env, file) };
      const answer = await ask(env, options, { path: '/v1/executions', body, answer: Execution });
      const wrong = [
        ...answer.findings.map(
          (finding) =>
            `${file}:${finding.line}:${finding.column} ${finding.message}${finding.hint ? ` ${finding.hint}` : ''}`,
        ),
        ...(answer.error ? [JSON.stringify(answer.error, null, 2)] : []),
      ];
      const outcome =
        answer.status === 'done' ? JSON.stringify(answer.result, null, 2) : [answer.status, ...wrong].join('\n');
      print(answer, [...answer.logs.map((line) => line.text), outcome].join('\n'), options.json);
      if (answer.status !== 'done') process.exitCode = 1;
    });
  program
    .command('tools')
    .description('tools that code may use')
    .command('search [query]')
    .description('finds tools by a description of the task, best first')
    .option('--tenant <slug>', 'for which tenant', 'demo')
    .option('--key <key>', "as this API key; a key of the command line's own otherwise")
    .option('--limit <n>', 'how many', '10')
    .option('--json')
    .action(async (query: string | undefined, options: Caller & { limit: string; json?: boolean }) => {
      const parameters = new URLSearchParams({ query: query ?? '', limit: options.limit });
      const answer = await ask(env, options, { path: `/v1/tools/search?${parameters.toString()}`, answer: Tools });
      const rows = answer.tools.map((tool) => [
        `${tool.server}.${tool.name}`,
        (tool.description ?? '').split('\n')[0]?.slice(0, 100) ?? '',
      ]);
      print(
        answer,
        `${table(['tool', 'what it does'], rows)}\n(${answer.tools.length} of ${answer.total})`,
        options.json,
      );
    });
}
