import { VERSION } from '@switchyard/host';
import { Command } from 'commander';
import { addApprovalCommands } from './commands/approvals.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addCompareCommand } from './commands/compare.ts';
import { addConnectionCommands } from './commands/connections.ts';
import { addGrantCommands } from './commands/grants.ts';
import { addHostCommands } from './commands/host.ts';
import { addKeyCommands } from './commands/keys.ts';
import { addBudgetCommands, addLimitCommands } from './commands/money.ts';
import { addPriceCommands } from './commands/prices.ts';
import { addReviewCommands } from './commands/review.ts';
import { addRoiCommand } from './commands/roi.ts';
import { addRolloutCommands } from './commands/rollouts.ts';
import { addRuleCommands } from './commands/rules.ts';
import { addRunCommands } from './commands/runs.ts';
import { addSkillCommands } from './commands/skills.ts';
import { addTenantCommands } from './commands/tenants.ts';
import { readEnv } from './env.ts';
import { fail, usageError } from './output.ts';
import { up } from './up.ts';

const json = process.argv.includes('--json');

try {
  const env = readEnv();
  const program = new Command('switchyard')
    .version(VERSION)
    .configureOutput({ outputError: (text, write) => write(usageError(text, json)) })
    .description('Governed execution of code that calls MCP tools.');
  program
    .command('up')
    .description('starts everything on this machine and serves until it is stopped')
    .action(async () => process.exit(await up(env)));
  addKeyCommands(program, env);
  addConnectionCommands(program, env);
  addGrantCommands(program, env);
  addRuleCommands(program, env);
  addApprovalCommands(program, env);
  addTenantCommands(program, env);
  addRunCommands(program, env);
  addRolloutCommands(program, env);
  addSkillCommands(program, env);
  addRoiCommand(program);
  addBudgetCommands(program, env);
  addLimitCommands(program, env);
  addPriceCommands(program, env);
  addAuditCommands(program, env);
  addReviewCommands(program, env);
  addCompareCommand(program, env);
  addHostCommands(program, env);
  await program.parseAsync();
  process.exit();
} catch (error) {
  fail(error, json);
}
