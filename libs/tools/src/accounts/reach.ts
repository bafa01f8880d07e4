import type { Ctx } from '@switchyard/kernel';
import { targetOf, type Connection } from '../catalog/connection.ts';
import type { WithSecrets } from '../catalog/connections.ts';
import { UpstreamFailure } from '../upstream/failure.ts';
import type { Secrets, UpstreamTarget } from '../upstream/target.ts';
import type { Accounts } from './accounts.ts';

/** The way to a connection's server with this caller's credentials, whichever kind they are; plaintext for the length of `use`. */
export type Reach = <T>(
  ctx: Ctx,
  connection: Connection,
  use: (target: UpstreamTarget, secrets: Secrets) => Promise<T>,
) => Promise<T>;

export interface ReachDeps {
  readonly withSecrets: WithSecrets;
  /** Absent where nothing signs in by OAuth. */
  readonly accounts?: Pick<Accounts, 'use'>;
}

export const createReach =
  ({ withSecrets, accounts }: ReachDeps): Reach =>
  async (ctx, connection, use) => {
    if (connection.oauth) {
      if (accounts) return accounts.use(ctx, connection, use);
      throw new UpstreamFailure('not_connected', 'This installation connects no accounts by OAuth.');
    }
    const target = targetOf(ctx, connection);
    // A first-party server without a preset has no secret that would have to be masked, so none is fetched.
    if (target.kind === 'builtin' && target.preset === null) return use(target, {});
    const of = { connectionId: connection.id, ...(target.userId === undefined ? {} : { userId: target.userId }) };
    return withSecrets(ctx, of, (secrets) => use(target, secrets));
  };
