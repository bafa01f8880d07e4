import type { ConnectionRow } from './queries.ts';

const KINDS: Readonly<Record<ConnectionRow['kind'], string>> = {
  builtin: 'Comes with Switchyard',
  http: 'Over HTTP',
  stdio: 'A program on the host',
};

export const kindLabel = (kind: ConnectionRow['kind']): string => KINDS[kind];

/** A connection that is switched off has no health to speak of. */
export const healthOf = (connection: Pick<ConnectionRow, 'enabled' | 'health'>): string =>
  connection.enabled ? connection.health : 'disabled';

export const operatorCommand = (tenant: string): string =>
  `npm run -s switchyard -- connection add --tenant ${tenant} --name fs --stdio "npx -y @modelcontextprotocol/server-filesystem /srv/files"`;
