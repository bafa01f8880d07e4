import { randomBytes } from 'node:crypto';
import { Switchyard } from './switchyard.ts';

/** Two control planes on one database, as two machines would run them: each with its own executor and data folder. */
export interface TwoNodes {
  /** Keeps the database. */
  readonly first: Switchyard;
  readonly second: Switchyard;
  readonly both: readonly [Switchyard, Switchyard];
  remove(): Promise<void>;
}

export async function startTwoNodes(env: NodeJS.ProcessEnv = {}): Promise<TwoNodes> {
  const shared = {
    ...env,
    SWITCHYARD_KEK: randomBytes(32).toString('base64'),
    SWITCHYARD_SECRET: randomBytes(32).toString('hex'),
  };
  const first = await Switchyard.start(shared);
  let second: Switchyard | undefined;
  try {
    second = await Switchyard.start({ ...shared, DATABASE_URL: first.cli('db', 'url') });
  } catch (error) {
    await first.remove();
    throw error;
  }
  const beside = second;
  return {
    first,
    second: beside,
    both: [first, beside],
    async remove() {
      await beside.remove();
      await first.remove();
    },
  };
}
