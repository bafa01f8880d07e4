import { z } from 'zod';

/** What WooCommerce sends, as far as it is read. Plug-ins add to it and leave out, so that little is required. */
const text = z
  .union([z.string(), z.number()])
  .transform(String)
  .nullish()
  .transform((value) => value ?? '');
const meta = z
  .array(z.object({ key: z.string(), value: z.unknown() }))
  .nullish()
  .transform((list) => list ?? []);
export type Meta = z.infer<typeof meta>;

export const wooOrder = z.object({
  id: z.number(),
  number: text,
  status: z.string(),
  currency: z.string(),
  date_created_gmt: z.string().nullish(),
  date_modified_gmt: z.string().nullish(),
  date_paid_gmt: z.string().nullish(),
  date_completed_gmt: z.string().nullish(),
  total: text,
  payment_url: text,
  billing: z
    .object({ first_name: text, last_name: text, email: text })
    .nullish()
    .transform((billing) => billing ?? { first_name: '', last_name: '', email: '' }),
  line_items: z
    .array(z.object({ name: text, sku: text, quantity: z.coerce.number(), price: text }))
    .nullish()
    .transform((items) => items ?? []),
  meta_data: meta,
});
export type WooOrder = z.infer<typeof wooOrder>;

const names = z
  .array(z.object({ name: text }))
  .nullish()
  .transform((list) => list ?? []);

export const wooProduct = z.object({
  id: z.number(),
  name: text,
  type: z.string().catch('simple'),
  status: z.string().catch('publish'),
  parent_id: z.number().catch(0),
  sku: text,
  price: text,
  description: text,
  short_description: text,
  manage_stock: z.union([z.boolean(), z.string()]).catch(false),
  stock_quantity: z.number().nullish(),
  stock_status: z.string().catch('instock'),
  backorders: z.string().catch('no'),
  categories: names,
  brands: names,
  attributes: z
    .array(z.object({ name: text, option: text, options: z.array(z.string()).nullish() }))
    .nullish()
    .transform((list) => list ?? []),
  variations: z
    .array(z.unknown())
    .nullish()
    .transform((list) => list ?? []),
  date_created_gmt: z.string().nullish(),
  date_modified_gmt: z.string().nullish(),
});
export type WooProduct = z.infer<typeof wooProduct>;

export const wooCustomer = z.object({ id: z.number(), email: text });
export const wooWebhook = z.object({ id: z.number(), topic: text, status: text, delivery_url: text });
export type WooWebhook = z.infer<typeof wooWebhook>;
export const wooCurrency = z.object({ code: z.string() });

/** A list in an object, or the list itself, as releases differ. */
export const wooFulfillments = z
  .union([z.array(z.unknown()), z.object({ fulfillments: z.array(z.unknown()) }).transform((it) => it.fulfillments)])
  .pipe(
    z.array(
      z.object({
        /** true in the answer to POST, "1" in that to GET. */
        is_fulfilled: z
          .union([z.boolean(), z.string(), z.number()])
          .transform((value) => value === true || value === '1' || value === 1),
        date_updated: z.string().nullish(),
        meta_data: meta,
      }),
    ),
  );

/** GMT without saying so. */
export function gmt(value: string | null | undefined): Date | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  const at = new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(value) ? value : `${value.replace(' ', 'T')}Z`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** As `modified_after` and its kin want it together with `dates_are_gmt`. */
export const asGmt = (at: Date): string => at.toISOString().slice(0, 19);
