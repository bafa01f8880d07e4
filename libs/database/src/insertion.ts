import type { Statement } from './exchange.ts';
import { Prisma } from './generated/client.ts';

const column = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const inColumns = (row: object): object =>
  Object.fromEntries(Object.entries(row).map(([field, value]) => [column(field), value]));

const bigintAsText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/** The columns of a table under the names of the schema, such as those of `Prisma.RunScalarFieldEnum`. */
export const columnsOf = (fields: Readonly<Record<string, string>>, omitted: readonly string[]): string =>
  Object.keys(fields)
    .filter((field) => !omitted.includes(field))
    .map((field) => `${column(field)} AS "${field}"`)
    .join(', ');

interface Insertion {
  /** Every column of the table, in the schema's names; null where there is nothing. */
  readonly rows: readonly object[];
  /** What comes behind the source of the rows: a condition, a conflict, what is given back. */
  readonly rest?: Statement;
}

/** One text for any number of rows, so that it is planned once for each connection. */
export const insertion = (table: string, { rows, rest = Prisma.empty }: Insertion): Statement => {
  const json = JSON.stringify(rows.map(inColumns), bigintAsText);
  return Prisma.sql`
    INSERT INTO ${Prisma.raw(table)}
    SELECT made.* FROM jsonb_populate_recordset(NULL::${Prisma.raw(table)}, ${json}::jsonb) AS made ${rest}`;
};
