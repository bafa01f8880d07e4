// What the shipped suite `shop` asks, with a connected shop and the product's own analytics.
import { z } from 'zod';
import { define, type CallResult } from './skill.ts';

const SHOP = 'shop';
const CARTS_A_PAGE = 50;

/** Those results that are of this form, in their order. */
const allOf = <Value>(results: readonly CallResult[], Form: z.ZodType<Value>): Value[] =>
  results.flatMap((result) => (result.ok ? (Form.safeParse(result.value).data ?? []) : []));

const Carts = z.looseObject({ carts: z.array(z.looseObject({ total: z.number() })), next: z.string().nullable() });
const Worth = z.object({ count: z.number(), total: z.number() });
const inCents = (amount: number): number => Math.round(amount * 100) / 100;

export const abandonedCarts = define({
  name: 'abandoned carts',
  server: SHOP,
  searchFor: 'list abandoned carts',
  heavy: true,
  match(question) {
    const days = /carts were abandoned in the last ([\d,]+) days/i.exec(question)?.[1];
    return days ? { withinDays: Number(days.replaceAll(',', '')) } : undefined;
  },
  plan({ withinDays }, results) {
    if (results.some(({ ok }) => !ok)) return [];
    const last = allOf(results, Carts).at(-1);
    if (last && last.next === null) return [];
    const args = { olderThanMinutes: 60, withinDays, limit: CARTS_A_PAGE };
    return [{ tool: 'getAbandonedCarts', args: last?.next ? { ...args, cursor: last.next } : args }];
  },
  facts(_params, results) {
    const carts = allOf(results, Carts).flatMap((page) => page.carts);
    return { count: carts.length, total: inCents(carts.reduce((sum, cart) => sum + cart.total, 0)) };
  },
  code: ({ withinDays }) => `import { getAbandonedCarts } from 'servers/${SHOP}';
const asked = { olderThanMinutes: 60, withinDays: ${withinDays}, limit: ${CARTS_A_PAGE} };
let page = await getAbandonedCarts(asked);
const carts = [...page.carts];
while (page.next !== null) {
  page = await getAbandonedCarts({ ...asked, cursor: page.next });
  carts.push(...page.carts);
}
return { count: carts.length, total: Math.round(carts.reduce((sum, cart) => sum + cart.total, 0) * 100) / 100 };`,
  Facts: Worth,
  say: (_params, { count, total }) => `${count} carts, worth ${total.toFixed(2)} EUR together.`,
});

const Sync = z.looseObject({ syncId: z.string(), state: z.string(), seen: z.number() });
const Seen = z.object({ seen: z.number() });

export const catalogueSync = define({
  name: 'catalogue sync',
  server: SHOP,
  searchFor: 'sync the catalogue of the shop',
  heavy: true,
  match: (question) => (/sync the catalogue of the shop/i.test(question) ? {} : undefined),
  plan(_params, results) {
    const last = allOf(results, Sync).at(-1);
    if (results.some(({ ok }) => !ok) || last?.state === 'done') return [];
    return [{ tool: 'syncProducts', args: last ? { syncId: last.syncId } : {} }];
  },
  facts: (_params, results) => ({ seen: allOf(results, Sync).at(-1)?.seen ?? 0 }),
  code: () => `import { syncProducts } from 'servers/${SHOP}';
let sync = await syncProducts({});
while (sync.state !== 'done') sync = await syncProducts({ syncId: sync.syncId });
return { seen: sync.seen };`,
  Facts: Seen,
  say: (_params, { seen }) => `The catalogue is in sync: ${seen} products were read.`,
});

const Logged = z.looseObject({ stored: z.number(), alreadyKnown: z.number() });
const Report = z.looseObject({
  rows: z.array(z.looseObject({ measures: z.looseObject({ events: z.number(), valueSum: z.number().nullable() }) })),
});
const Sums = z.object({ events: z.number(), sum: z.number() });

export const eventReport = define({
  name: 'event report',
  server: 'analytics',
  searchFor: 'log events and generate a report',
  heavy: true,
  match(question) {
    const found = /log the event ([a-z_.]+) of ([\d.]+) under the key ([\w-]+) for (\d{4}-\d{2}-\d{2})/i.exec(question);
    if (!found) return undefined;
    const [, name = '', value = '', key = '', day = ''] = found;
    return { name, value: Number(value), key, day };
  },
  plan({ name, value, key, day }, results) {
    if (results.some(({ ok }) => !ok) || allOf(results, Report).length > 0) return [];
    if (allOf(results, Logged).length === 0)
      return [{ tool: 'logAnalytics', args: { events: [{ name, value, key, at: `${day}T12:00:00Z` }] } }];
    return [{ tool: 'generateReport', args: { of: 'events', by: ['name'], from: day, to: day } }];
  },
  facts(_params, results) {
    const measures = allOf(results, Report).at(-1)?.rows[0]?.measures;
    return { events: measures?.events ?? 0, sum: measures?.valueSum ?? 0 };
  },
  code: ({ name, value, key, day }) => `import { logAnalytics, generateReport } from 'servers/analytics';
await logAnalytics({ events: [${JSON.stringify({ name, value, key, at: `${day}T12:00:00Z` })}] });
const { rows } = await generateReport({ of: 'events', by: ['name'], from: '${day}', to: '${day}' });
return { events: rows[0]?.measures.events ?? 0, sum: rows[0]?.measures.valueSum ?? 0 };`,
  Facts: Sums,
  say: (_params, { events, sum }) => `${events} events, ${sum.toFixed(2)} in all.`,
});
