import { AppError } from '@switchyard/kernel';
import { parseDollars, roi, roiInput, ROI_SCENARIOS, type RoiInput } from '@switchyard/ledger';
import type { Command } from 'commander';
import { print } from '../output.ts';

interface RoiOptions {
  readonly scenario?: string;
  readonly conversations?: string;
  readonly traditionalCost?: string;
  readonly codeCost?: string;
  readonly infrastructure?: string;
  readonly setup?: string;
  readonly json?: boolean;
}

const COSTS = [
  ['traditionalCost', '--traditional-cost', 'traditionalMicros'],
  ['codeCost', '--code-cost', 'codeMicros'],
  ['infrastructure', '--infrastructure', 'infrastructureMicros'],
  ['setup', '--setup', 'setupMicros'],
] as const;

function wanted(options: RoiOptions): RoiInput {
  const scenario = ROI_SCENARIOS.find((name) => name === options.scenario);
  if (options.scenario !== undefined && !scenario)
    throw new AppError('unprocessable', `--scenario takes ${ROI_SCENARIOS.join(', ')}`);
  if ((scenario === undefined) === (options.conversations === undefined))
    throw new AppError('unprocessable', 'give exactly one of --scenario and --conversations');
  const costs: Partial<Record<(typeof COSTS)[number][2], bigint>> = {};
  for (const [name, option, part] of COSTS) {
    const text = options[name];
    if (text === undefined) continue;
    const micros = parseDollars(text);
    if (micros === undefined)
      throw new AppError('unprocessable', `${option} takes dollars, such as 0.148, not "${text}"`);
    costs[part] = micros;
  }
  const { conversationsPerMonth, ...rest } = scenario
    ? roiInput({ scenario })
    : roiInput({ conversationsPerMonth: Number(options.conversations) });
  return roiInput({ conversationsPerMonth, ...rest, ...costs });
}

const dollars = (amount: number): string =>
  amount.toLocaleString('en-US', { style: 'currency', currency: 'USD', minimumFractionDigits: 2 });

export function addRoiCommand(program: Command): void {
  program
    .command('roi')
    .description('what the code way would save, by a scenario or by volumes and costs of your own (docs: product team)')
    .option('--scenario <name>', 'a: 1,000 conversations a month, b: 10,000, c: 100,000')
    .option('--conversations <n>', 'a month')
    .option('--traditional-cost <dollars>', 'of one conversation the traditional way')
    .option('--code-cost <dollars>', 'of one conversation by code')
    .option('--infrastructure <dollars>', 'a month of what runs the code')
    .option('--setup <dollars>', 'once')
    .option('--json')
    .action((options: RoiOptions) => {
      const result = roi(wanted(options));
      const months = result.breakEvenMonths;
      const text = [
        `traditional way: ${dollars(result.currentMonthly)} a month`,
        `code way:        ${dollars(result.codeMonthly)} a month, infrastructure included`,
        `saved:           ${dollars(result.monthlySavings)} a month, ${dollars(result.annualSavings)} a year`,
        months === null
          ? 'The set-up cost is never earned back.'
          : `The set-up cost is earned back in month ${months}.`,
      ].join('\n');
      print(result, text, options.json);
    });
}
