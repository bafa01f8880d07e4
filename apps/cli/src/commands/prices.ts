import { AppError } from '@switchyard/kernel';
import type { Command } from 'commander';
import type { Env } from '../env.ts';
import { withHost } from '../host.ts';
import { print, table } from '../output.ts';
import { dollars, plain } from './money.ts';

type Options = Readonly<Record<string, string | undefined>> & { readonly tenant: string; readonly json?: boolean };

function day(text: string | undefined, option: string): Date {
  const date = new Date(`${text}${/^\d{4}-\d{2}-\d{2}$/.test(text ?? '') ? 'T00:00:00Z' : ''}`);
  if (Number.isNaN(date.getTime())) throw new AppError('unprocessable', `${option} takes a day such as 2026-11-21`);
  return date;
}

const rate = (micros: bigint | null): string => (micros === null ? '' : (Number(micros) / 1_000_000).toString());

export function addPriceCommands(program: Command, env: Env): void {
  const price = program.command('price').description('what models cost, in dollars for a million tokens');
  price
    .command('list')
    .description("the tenant's own rows and the shipped list, which nobody has checked for you")
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (options: Options) => {
      const { own, listed } = await withHost(env, async (host) =>
        host.ledger.listPrices((await host.operatorCtx(options.tenant)).ctx),
      );
      const rows = [...own, ...listed.map((one) => ({ ...one, status: 'listed, not checked' }))].flatMap((one) =>
        one.tiers.map((tier) => [
          `${one.provider}/${one.model}`,
          one.validFrom.toISOString().slice(0, 10),
          tier.aboveInputTokens === 0 ? '' : `> ${tier.aboveInputTokens}`,
          rate(tier.inputMicros),
          rate(tier.cachedInputMicros),
          rate(tier.outputMicros),
          one.status,
          one.id,
        ]),
      );
      const headings = ['model', 'from', 'prompt', 'input', 'cached', 'output', 'state', 'id'];
      print(plain({ own, listed }), table(headings, rows), options.json);
    });
  price
    .command('add')
    .description('a new row; more than ten times what holds, or from or to nothing, it waits for a person')
    .requiredOption('--tenant <slug>')
    .requiredOption('--provider <name>')
    .requiredOption('--model <name>')
    .requiredOption('--input <dollars>')
    .requiredOption('--output <dollars>')
    .option('--cached <dollars>', 'of cached input; as input where left out')
    .option('--reasoning <dollars>', 'of reasoning; as output where left out')
    .requiredOption('--from <day>', 'valid from')
    .requiredOption('--source <url>', 'where it says so')
    .requiredOption('--source-date <day>', 'when it said so')
    .option('--json')
    .action(async (options: Options) => {
      const added = await withHost(env, async (host) =>
        host.ledger.addPrice((await host.operatorCtx(options.tenant)).ctx, {
          provider: options['provider'] ?? '',
          model: options['model'] ?? '',
          validFrom: day(options['from'], '--from'),
          sourceUrl: options['source'] ?? '',
          sourceDate: day(options['sourceDate'], '--source-date'),
          tiers: [
            {
              aboveInputTokens: 0,
              inputMicros: dollars(options['input'], '--input') ?? 0n,
              cachedInputMicros: dollars(options['cached'], '--cached') ?? null,
              outputMicros: dollars(options['output'], '--output') ?? 0n,
              reasoningMicros: dollars(options['reasoning'], '--reasoning') ?? null,
            },
          ],
        }),
      );
      const text =
        added.status === 'pending'
          ? `it waits: ${added.doubt}\naccept it with price accept ${added.id} --tenant ${options.tenant}`
          : `added ${added.id}`;
      print(plain(added), text, options.json);
    });
  for (const [verb, accept] of [
    ['accept', true],
    ['reject', false],
  ] as const)
    price
      .command(`${verb} <id>`)
      .description(`${verb}s a price that waits`)
      .requiredOption('--tenant <slug>')
      .option('--json')
      .action(async (id: string, options: Options) => {
        const decided = await withHost(env, async (host) =>
          host.ledger.decidePrice((await host.operatorCtx(options.tenant)).ctx, id, accept),
        );
        print(plain(decided), `${decided.provider}/${decided.model}: ${decided.status}`, options.json);
      });
  price
    .command('recompute')
    .description('computes the costs of a span again by the prices that hold now; what they were is kept')
    .requiredOption('--tenant <slug>')
    .requiredOption('--from <day>')
    .requiredOption('--to <day>', 'exclusive')
    .option('--provider <name>')
    .option('--model <name>')
    .option('--json')
    .action(async (options: Options) => {
      const { provider, model } = options;
      const done = await withHost(env, async (host) =>
        host.ledger.reprice((await host.operatorCtx(options.tenant)).ctx, {
          from: day(options['from'], '--from'),
          to: day(options['to'], '--to'),
          ...(provider ? { provider } : {}),
          ...(model ? { model } : {}),
        }),
      );
      print(plain(done), `${done.corrected} of ${done.calls} calls have another cost now`, options.json);
    });
}
