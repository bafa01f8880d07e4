import type { Statement } from './exchange.ts';
import { Prisma } from './generated/client.ts';

const columns = new Map<string, string>();

/** Fields are those of the schema, so that there are few. */
function column(field: string): string {
  const known = columns.get(field);
  if (known !== undefined) return known;
  const name = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  columns.set(field, name);
  return name;
}

/** JSON knows no bigint, and Postgres reads one from text. */
function inColumns(row: object): object {
  const made: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(row))
    made[column(field)] = typeof value === 'bigint' ? String(value) : value;
  return made;
}

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
  const json = JSON.stringify(rows.map(inColumns));
  return Prisma.sql`
    INSERT INTO ${Prisma.raw(table)}
    SELECT made.* FROM jsonb_populate_recordset(NULL::${Prisma.raw(table)}, ${json}::jsonb) AS made ${rest}`;
};
