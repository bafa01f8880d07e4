import { AppError } from '@switchyard/kernel';
import type { AuditKeeping, AuditVerification } from '@switchyard/ledger';
import type { Command } from 'commander';
import type { Env } from '../env.ts';
import { withHost } from '../host.ts';
import { print } from '../output.ts';

interface Options {
  readonly tenant: string;
  readonly json?: boolean;
}

/** `<seq>:<hash>`, as `audit verify` prints the head. */
function anchorOf(text: string | undefined): { seq: number; hash: string } | undefined {
  if (text === undefined) return undefined;
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new AppError('unprocessable', '--anchor takes <number>:<hash>, as audit verify printed it earlier');
  return { seq: Number(seq), hash };
}

function momentOf(text: string | undefined, option: string): { readonly at: Date } | undefined {
  if (text === undefined) return undefined;
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new AppError('unprocessable', `${option} takes a date, such as 2026-11-21`);
  return { at };
}

function told(slug: string, found: AuditVerification): string {
  const { ok, events, durationMs, headSeq, head, signedThrough, checkpoints, cutThrough } = found;
  const seconds = (durationMs / 1_000).toFixed(2);
  const cut = cutThrough > 0 ? [`Events up to ${cutThrough} were cut off by retention, as a signed record says.`] : [];
  const unsigned = headSeq - signedThrough;
  const signed =
    checkpoints === 0
      ? 'No checkpoint is signed yet.'
      : `${checkpoints} checkpoint(s) hold; the newest vouches for all up to event ${signedThrough}${unsigned > 1 ? `, not for the ${unsigned - 1} after it` : ''}.`;
  if (ok)
    return [
      `The audit log of ${slug} is whole: ${events} events, verified in ${seconds} s.`,
      ...cut,
      signed,
      `head ${headSeq}:${head}`,
    ].join('\n');
  return [
    `The audit log of ${slug} is NOT whole, ${found.problemCount} problem(s) in ${events} events:`,
    ...found.problems.map(({ message }) => `  ${message}`),
    ...(found.problemCount > found.problems.length ? ['  …'] : []),
    ...cut,
    signed,
  ].join('\n');
}

function shown({ retentionDays, headSeq, checkpointAt, stream }: AuditKeeping): string {
  return [
    `kept ${retentionDays === null ? 'for ever' : `for ${retentionDays} days`}, ${headSeq} events so far`,
    checkpointAt ? `last signed ${checkpointAt.toISOString()}` : 'not signed yet',
    stream === null
      ? 'streamed nowhere'
      : `streamed to ${stream.url}, acknowledged up to ${stream.ackedSeq}${stream.lastError === null ? '' : `; ${stream.failures} attempt(s) failed: ${stream.lastError}`}`,
  ].join('\n');
}

export function addAuditCommands(program: Command, env: Env): void {
  const audit = program.command('audit').description('the audit log of a tenant');
  const forTenant = (name: string, description: string, of: Command = audit): Command =>
    of.command(name).description(description).requiredOption('--tenant <slug>').option('--json');

  forTenant(
    'verify',
    'proves that no link of the chain was changed, taken out, added or moved, and checks what was signed; exit code 1 otherwise',
  )
    .option('--anchor <number:hash>', 'a head noted down earlier, which must still be in the chain')
    .action(async (options: Options & { anchor?: string }) => {
      const anchor = anchorOf(options.anchor);
      const result = await withHost(env, async (host) =>
        host.ledger.verifyAudit((await host.operatorCtx(options.tenant)).ctx, { anchor }),
      );
      print(result, told(options.tenant, result), options.json);
      if (!result.ok) process.exitCode = 1;
    });
  audit
    .command('export')
    .description('writes the log to standard output, oldest first')
    .requiredOption('--tenant <slug>')
    .option('--format <format>', 'jsonl or csv', 'jsonl')
    .option('--text <text>', 'anywhere in an event, in the code of runs, in tools and arguments')
    .option('--action <action>')
    .option('--actor <actor>')
    .option('--from <date>')
    .option('--to <date>', 'exclusive')
    .action(async (options: Options & Readonly<Record<string, string | undefined>>) => {
      const { format, text, action, actor } = options;
      if (format !== 'jsonl' && format !== 'csv') throw new AppError('unprocessable', '--format takes jsonl or csv');
      const [from, to] = [momentOf(options['from'], '--from'), momentOf(options['to'], '--to')];
      const filter = { text, action, actor, from: from?.at, to: to?.at };
      const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
      await withHost(env, async (host) => {
        const { ctx } = await host.operatorCtx(options.tenant);
        for await (const line of host.ledger.exportAudit(ctx, { ...given, format }))
          if (!process.stdout.write(line)) await new Promise((resolve) => process.stdout.once('drain', resolve));
      });
    });
  forTenant('status', 'how the log is kept, signed and streamed').action(async (options: Options) => {
    const state = await withHost(env, async (host) =>
      host.ledger.auditKeeping((await host.operatorCtx(options.tenant)).ctx),
    );
    print(state, shown(state), options.json);
  });
  forTenant('checkpoint', 'signs how the log stands now, if anything has happened since the last time').action(
    async (options: Options) => {
      const signed = await withHost(env, async (host) =>
        host.ledger.signAuditCheckpoint((await host.operatorCtx(options.tenant)).ctx),
      );
      const text = signed
        ? `signed as event ${signed.seq}:${signed.hash}`
        : 'Nothing has happened since the last checkpoint.';
      print(signed, text, options.json);
    },
  );
  audit
    .command('public-keys')
    .description('the Ed25519 keys by which checkpoints are checked, the one that signs now first')
    .option('--json')
    .action(async (options: { json?: boolean }) => {
      const keys = await withHost(env, async (host) => host.ledger.auditPublicKeys());
      print(keys, keys.map(({ keyId, pem }) => `# ${keyId}\n${pem}`.trim()).join('\n'), options.json);
    });
  forTenant('retention', 'how long the log is kept; what is older is cut off, and a signed record says so')
    .requiredOption('--days <days>', 'at least 31, or "forever"')
    .action(async (options: Options & { days: string }) => {
      const days = options.days === 'forever' ? null : Number(options.days);
      const state = await withHost(env, async (host) =>
        host.ledger.setAuditRetention((await host.operatorCtx(options.tenant)).ctx, days),
      );
      print(state, shown(state), options.json);
    });
  addStreamCommand(forTenant, env);
}

function addStreamCommand(forTenant: (name: string, description: string) => Command, env: Env): void {
  forTenant('stream', 'sends each event of the log, in its order and signed, to a webhook')
    .requiredOption('--url <url>', 'where to; "none" ends it')
    .option('--from <where>', 'oldest or now; behind the last acknowledged event unless told')
    .action(async (options: Options & { url: string; from?: string }) => {
      const startAt = options.from;
      if (startAt !== undefined && startAt !== 'oldest' && startAt !== 'now')
        throw new AppError('unprocessable', '--from takes oldest or now');
      const { secret, ...state } = await withHost(env, async (host) =>
        host.ledger.setAuditStream((await host.operatorCtx(options.tenant)).ctx, {
          url: options.url === 'none' ? null : options.url,
          startAt,
        }),
      );
      const told = secret ? `\ndeliveries are signed with ${secret} (shown this once)` : '';
      print({ ...state, secret }, `${shown(state)}${told}`, options.json);
    });
}
