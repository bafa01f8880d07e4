import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seedProducts } from '@switchyard/servers';
import { createTestDatabase, testCtx, type TestDatabase } from '@switchyard/testkit';
import { findSuite, readSuites } from './shipped.ts';
import { Suite, suiteHash } from './suite.ts';

const PRICE = '(price_micros / 1e6)::float8';
const one = (sku: string): string =>
  `SELECT sku AS "sku", stock AS "number", ${PRICE} AS "number2" FROM product WHERE sku = '${sku}'`;
const ranked = (category: string, order: string, more: { limit?: number; only?: string; number: string }): string =>
  `SELECT sku, ${more.number} AS number FROM product WHERE category = '${category}' ${more.only ? `AND ${more.only}` : ''}
   ORDER BY ${order}, sku COLLATE "C" LIMIT ${more.limit ?? 1}`;

/** What the demo catalogue itself says, by SQL: every value has to be among the expected facts, and nothing else. */
const TRUTH: Readonly<Record<string, string>> = {
  'sku-stock-and-price': one('A4VTG90'),
  'sku-maker-and-pressure': `SELECT sku, manufacturer AS text, (attributes->>'pressureBar')::float8 AS number FROM product WHERE sku = 'A10VSO45'`,
  'sku-out-of-stock': `SELECT sku, 'out of stock' AS text FROM product WHERE sku = '6205-2RS' AND stock = 0`,
  'sku-lower-case': `SELECT sku, ${PRICE} AS number FROM product WHERE lower(sku) = 'pvv4-40'`,
  'meaning-cheapest-gear-pump': ranked('Gear pumps', 'price_micros', { only: 'stock > 0', number: PRICE }),
  'meaning-metering-acid': ranked('Dosing pumps', 'price_micros', { only: 'stock > 0', number: PRICE }),
  'meaning-servo-kinds': `SELECT count(*)::float8 AS number FROM product WHERE category = 'Servo motors' AND stock > 0`,
  'meaning-dearest-flow-meter': ranked('Flow meters', 'price_micros DESC', { number: PRICE }),
  'meaning-most-drives': ranked('Frequency drives', 'stock DESC', { number: 'stock' }),
  'list-five-ball-valves': ranked('Ball valves', 'price_micros', { only: 'stock > 0', limit: 5, number: PRICE }),
  'list-axial-in-and-out': `SELECT count(*) FILTER (WHERE stock > 0)::float8 AS number, count(*) FILTER (WHERE stock = 0)::float8 AS number2 FROM product WHERE category = 'Axial piston pumps'`,
  'list-three-temperature-sensors': ranked('Temperature sensors', 'stock DESC', { limit: 3, number: 'stock' }),
  'list-compare-three': `${one('A4VTG90')} UNION ALL ${one('A10VSO45')} UNION ALL ${one('4WE6')}`,
  'edge-misspelt-sku': `SELECT sku, stock AS number FROM product WHERE sku = 'A4VTG90'`,
  'edge-hostile-text': `SELECT sku, ${PRICE} AS number FROM product WHERE sku = '4WE6'`,
  'edge-sku-of-digits': `SELECT sku, ${PRICE} AS number, 'bearing' AS text FROM product WHERE sku = '30205' AND name ILIKE '%bearing%'`,
  'edge-other-language': `SELECT sku, ${PRICE} AS number FROM product WHERE sku = 'A4VTG90'`,
  'edge-tie': `SELECT sku, ${PRICE} AS number FROM product WHERE category = 'O-rings' AND stock > 0
    AND price_micros = (SELECT min(price_micros) FROM product WHERE category = 'O-rings' AND stock > 0)`,
  'error-unknown-sku': `SELECT 1 AS not_found WHERE NOT EXISTS (SELECT FROM product WHERE sku ILIKE 'ZZZ-0000')`,
  'error-unknown-category': `SELECT 1 AS not_found WHERE NOT EXISTS (SELECT FROM product WHERE category ILIKE '%chainsaw%')`,
  'error-nothing-that-cheap': `SELECT 1 AS not_found WHERE NOT EXISTS (SELECT FROM product WHERE category = 'Gear pumps' AND price_micros <= 10e6)`,
  'sum-of-an-order': `SELECT (sum(price_micros * CASE sku WHEN 'GP2-28' THEN 12 ELSE 3 END) / 1e6)::float8 AS number FROM product WHERE sku IN ('GP2-28', 'A4VTG90')`,
  'sum-of-servo-stock': `SELECT (sum(price_micros * stock) / 1e6)::float8 AS number FROM product WHERE category = 'Servo motors'`,
};

type Row = Readonly<Record<string, unknown>>;
const valuesOf = (rows: readonly Row[]): string[] => [
  ...new Set(
    rows.flatMap((row) => Object.entries(row).map(([name, value]) => `${name.replace('2', '')} ${String(value)}`)),
  ),
];

describe('the suites that ship', () => {
  let db: TestDatabase;
  const catalogue = findSuite(readSuites(), 'catalogue');
  beforeAll(async () => {
    db = await createTestDatabase();
    await seedProducts(db.database, testCtx(), 5_000);
  }, 60_000);
  afterAll(() => db.drop());

  it('are the 23 cases of the founding documents by category, and the three workflows', () => {
    const counts = Object.fromEntries(
      [...Map.groupBy(catalogue.cases, ({ category }) => category)].map(([category, cases]) => [
        category,
        cases.length,
      ]),
    );
    expect(counts).toEqual({ exact_sku: 4, semantic: 5, multiple_results: 4, edge: 5, errors: 3, aggregation: 2 });
    const { cases } = findSuite(readSuites(), 'workflows');
    expect(cases.map(({ id, source }) => [id, source?.traditional, source?.code])).toEqual([
      ['issue-from-a-document', 157_550, 3_750],
      ['ten-thousand-rows', 205_000, 3_800],
      ['poll-until-done', 570_000, 5_000],
    ]);
  });

  it.each(catalogue.cases.map((one) => [one.id, one] as const))(
    '%s expects what the catalogue says',
    async (id, { expected }) => {
      const rows = await db.sql<Row>(TRUTH[id] ?? 'SELECT 1 AS forgotten');
      const stated = expected.flatMap((fact) => {
        switch (fact.kind) {
          case 'sku':
          case 'number':
            return [`${fact.kind} ${fact.value}`];
          case 'text':
            return [`text ${fact.anyOf[0] ?? ''}`];
          case 'not_found':
            return ['not_found 1'];
          default:
            return fact.values.map((value) => `sku ${value}`);
        }
      });
      expect([...new Set(stated)].sort()).toEqual(valuesOf(rows).sort());
    },
  );

  it('have a hash that changes with anything they say', () => {
    const changed = {
      ...catalogue,
      cases: catalogue.cases.map((one, at) => (at === 7 ? { ...one, writes: true } : one)),
    };
    expect(suiteHash(changed)).not.toBe(suiteHash(catalogue));
    expect(suiteHash(Suite.parse(JSON.parse(JSON.stringify(catalogue))))).toBe(suiteHash(catalogue));
  });

  it('refuse a case that says nothing of its answer, and two of one name', () => {
    const [first] = catalogue.cases;
    expect(Suite.safeParse({ ...catalogue, cases: [{ ...first, expected: [] }] }).success).toBe(false);
    expect(Suite.safeParse({ ...catalogue, cases: [first, first] }).success).toBe(false);
  });

  it('are named when one is asked for that there is not', () => {
    expect(() => findSuite(readSuites(), 'nonsense')).toThrow('There are: catalogue, shop, workflows.');
  });
});
