import type { Database } from '@switchyard/database';
import { AppError, type ConnectionId, type Ctx } from '@switchyard/kernel';
import { clientSecretName, type AccountVault } from './account.ts';
import { readClient } from './client.store.ts';

export interface ClientCredentials {
  readonly client_id: string;
  readonly client_secret?: string;
}

/** As whom to speak to the authorization server. Holds plaintext: for one request. */
export async function credentialsOf(
  ctx: Pick<Ctx, 'tenantId'>,
  of: { readonly connectionId: ConnectionId; readonly clientRef: string | null; readonly clientId: string },
  { database, vault }: { readonly database: Pick<Database, 'inTenant'>; readonly vault: AccountVault },
): Promise<ClientCredentials> {
  const { clientRef, connectionId } = of;
  if (clientRef === null) return { client_id: of.clientId };
  const stored = await database.inTenant(ctx, (tx) => readClient(tx, clientRef));
  if (stored && !stored.hasSecret) return { client_id: of.clientId };
  const name = clientSecretName(clientRef);
  const secret = await vault.withSecrets(ctx, { connectionId, names: [name] }, async (found) => found[name]);
  if (stored && secret !== undefined) return { client_id: of.clientId, client_secret: secret };
  throw new AppError('unavailable', 'The client secret of this connection is gone: an admin enters it anew.', {
    reason: 'client_needed',
  });
}
