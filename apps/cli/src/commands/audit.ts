import { AppError } from '@switchyard/kernel';
import type { Command } from 'commander';
import type { Env } from '../env.ts';
import { withHost } from '../host.ts';
import { print } from '../output.ts';

export function addAuditCommands(program: Command, env: Env): void {
  const audit = program.command('audit').description('the audit log of a tenant');
  audit
    .command('verify')
    .description('proves that no link of the chain was changed, taken out, added or moved; exit code 1 when one was')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (options: { tenant: string; json?: boolean }) => {
      const result = await withHost(env, async (host) =>
        host.ledger.verifyAudit((await host.operatorCtx(options.tenant)).ctx),
      );
      const seconds = (result.durationMs / 1_000).toFixed(2);
      const text = result.ok
        ? `The audit log of ${options.tenant} is whole: ${result.events} events, verified in ${seconds} s.\nhead ${result.head}`
        : `The audit log of ${options.tenant} is NOT whole, ${result.problemCount} problem(s) in ${result.events} events. The first, at ${result.problemSeq}: ${result.problem}`;
      print(result, text, options.json);
      if (!result.ok) process.exitCode = 1;
    });
  audit
    .command('export')
    .description('writes the log to standard output, oldest first')
    .requiredOption('--tenant <slug>')
    .option('--format <format>', 'jsonl or csv', 'jsonl')
    .action(async (options: { tenant: string; format: string }) => {
      const format = options.format;
      if (format !== 'jsonl' && format !== 'csv') throw new AppError('unprocessable', '--format takes jsonl or csv');
      await withHost(env, async (host) => {
        const { ctx } = await host.operatorCtx(options.tenant);
        for await (const line of host.ledger.exportAudit(ctx, { format }))
          if (!process.stdout.write(line)) await new Promise((resolve) => process.stdout.once('drain', resolve));
      });
    });
}
