import type { Database } from '@switchyard/database';

interface Lease {
  readonly name: string;
  /** A uuid of the process. */
  readonly holder: string;
}

/** True when this holder alone has it now; whoever has it renews it in the same way. In the database's time. */
export async function claimLease(
  { host }: Pick<Database, 'host'>,
  { name, holder, seconds }: Lease & { readonly seconds: number },
): Promise<boolean> {
  const claimed = await host.$executeRaw`
    INSERT INTO work_lease AS known (name, holder, expires_at)
    VALUES (${name}, ${holder}::uuid, now() + make_interval(secs => ${seconds}))
    ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, expires_at = EXCLUDED.expires_at
    WHERE known.holder = EXCLUDED.holder OR known.expires_at < now()`;
  return claimed > 0;
}

export async function releaseLease({ host }: Pick<Database, 'host'>, { name, holder }: Lease): Promise<void> {
  await host.$executeRaw`DELETE FROM work_lease WHERE name = ${name} AND holder = ${holder}::uuid`;
}
