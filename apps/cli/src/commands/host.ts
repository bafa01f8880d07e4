import { AppError } from '@switchyard/kernel';
import { addKeyToFile, loadKeyFile } from '@switchyard/vault';
import path from 'node:path';
import type { Command } from 'commander';
import { runningDatabaseUrl } from '../database-server.ts';
import { diagnose } from '../doctor.ts';
import type { Env } from '../env.ts';
import { claimKeyFile } from '../home.ts';
import { withHost } from '../host.ts';
import { print } from '../output.ts';

export function addHostCommands(program: Command, env: Env): void {
  program
    .command('db')
    .description('the database')
    .command('url')
    .description('the URL of the running embedded server, for psql')
    .option('--json')
    .action(async (options: { json?: boolean }) => {
      const url = await runningDatabaseUrl(env);
      if (!url) throw new AppError('unavailable', 'No embedded PostgreSQL runs: start Switchyard with npm start.');
      print({ url }, url, options.json);
    });
  program
    .command('doctor')
    .description('what this machine offers and what is missing; exit code 1 when Switchyard cannot work')
    .option('--json')
    .action(async (options: { json?: boolean }) => {
      const findings = await diagnose(env);
      const text = findings
        .map(
          ({ state, what, detail }) => `${{ ok: 'ok  ', warning: 'WARN', failure: 'FAIL' }[state]}  ${what}: ${detail}`,
        )
        .join('\n');
      print(findings, text, options.json);
      if (findings.some(({ state }) => state === 'failure')) process.exitCode = 1;
    });
  const vault = program.command('vault').description('keys that protect credentials');
  vault
    .command('rotate-data-key')
    .description('a new data key for a tenant, and every credential under it; nothing stops meanwhile')
    .requiredOption('--tenant <slug>')
    .option('--json')
    .action(async (options: { tenant: string; json?: boolean }) => {
      const result = await withHost(env, async (host) =>
        host.vault.rotateDataKey((await host.operatorCtx(options.tenant)).ctx),
      );
      print(result, `${result.resealed} credentials are under the new key`, options.json);
    });
  vault
    .command('rotate-key-file')
    .description(
      'adds a key-encryption key to the key file and wraps the data keys of all tenants with it (with SWITCHYARD_KEK: with the active one of those); nothing stops meanwhile',
    )
    .option('--json')
    .action(async (options: { json?: boolean }) => {
      const claim = await claimKeyFile(env.home);
      const id = env.SWITCHYARD_KEK ? undefined : newKeyIn(path.join(env.home, 'keys.json'));
      const wrapped = await withHost(env, async (host) => {
        const tenants = await host.identity.listTenants();
        return host.vault.rewrapDataKeys(tenants.map((tenant) => tenant.id));
      });
      await claim.release();
      const active = id === undefined ? 'the active key of SWITCHYARD_KEK' : `the new key ${id}`;
      print({ id: id ?? null, wrapped }, `${wrapped} data keys are newly wrapped, all with ${active}`, options.json);
    });
}

function newKeyIn(file: string): string {
  loadKeyFile(file); // made here when there was none
  return addKeyToFile(file);
}
