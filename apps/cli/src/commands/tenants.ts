import type { Command } from 'commander';
import { systemCtx } from '@switchyard/kernel';
import type { Env } from '../env.ts';
import { withHost } from '../host.ts';
import { print, table } from '../output.ts';
import { connectFirstParty } from '../seed.ts';

export function addTenantCommands(program: Command, env: Env): void {
  const tenant = program.command('tenant').description('tenants of this installation');
  tenant
    .command('create')
    .description('makes a tenant, connected to the first-party tool servers')
    .requiredOption('--slug <slug>')
    .requiredOption('--name <name>')
    .option('--owner <e-mail>', 'invites its first owner and prints the link')
    .option('--json')
    .action(async (options: { slug: string; name: string; owner?: string; json?: boolean }) => {
      const made = await withHost(env, async (host) => {
        const created = await host.identity.createTenant({ slug: options.slug, name: options.name });
        await connectFirstParty(host, systemCtx(created.id));
        const { ctx } = await host.operatorCtx(options.slug);
        const invitation = options.owner
          ? await host.identity.invite(ctx, { email: options.owner, role: 'owner' })
          : undefined;
        return { ...created, ...(invitation ? { ownerInvitation: invitation.link } : {}) };
      });
      print(
        made,
        [
          `made the tenant ${made.slug}`,
          ...(made.ownerInvitation ? [`its owner accepts at ${made.ownerInvitation}`] : []),
        ].join('\n'),
        options.json,
      );
    });
  tenant
    .command('list')
    .option('--json')
    .action(async (options: { json?: boolean }) => {
      const tenants = await withHost(env, (host) => host.identity.listTenants());
      print(
        tenants,
        table(
          ['slug', 'name', 'id'],
          tenants.map((one) => [one.slug, one.name, one.id]),
        ),
        options.json,
      );
    });
}
