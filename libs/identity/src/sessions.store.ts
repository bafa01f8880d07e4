import { announce, type Database } from '@switchyard/database';
import { AppError } from '@switchyard/kernel';
import { findMemberships, type Membership } from './tenants.store.ts';

const NO_TENANT = '00000000-0000-0000-0000-000000000000';

/** A session or token ended: no node may go on with what it has cached of it. They belong to no tenant. */
export const forgetSessions = ({ identity }: Pick<Database, 'identity'>): Promise<void> =>
  announce(identity, NO_TENANT, 'members');

/** Makes a tenant the session's active one. Errors: `forbidden`. */
export async function activateTenant(
  database: Pick<Database, 'identity'>,
  session: { readonly id: string; readonly userId: string },
  tenantId: string,
): Promise<Membership> {
  const membership = (await findMemberships(database, session.userId)).find((one) => one.tenantId === tenantId);
  if (!membership)
    throw new AppError(
      'forbidden',
      'You are not a member of this tenant: choose one of yours, or ask for an invitation.',
    );
  await database.identity.session.update({ where: { id: session.id }, data: { activeTenantId: tenantId } });
  await forgetSessions(database);
  return membership;
}
