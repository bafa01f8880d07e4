import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signatureOf } from '../woocommerce/oauth.ts';
import { send as deliver, wooDelivery, wooPing, type WooWebhookRow } from './webhooks.ts';

/** What a WooCommerce shop does according to its REST documentation, in memory. The parts that our adapter meets. */
export interface WooProductRow {
  id: number;
  name: string;
  sku: string;
  price: string;
  type: 'simple' | 'variable' | 'variation';
  status: string;
  parent_id: number;
  description: string;
  manage_stock: boolean;
  stock_quantity: number | null;
  stock_status: string;
  backorders: string;
  categories: { name: string }[];
  attributes: { name: string; option?: string; options?: string[] }[];
  modifiedGmt: string;
}

export interface WooOrderRow {
  id: number;
  number: string;
  status: string;
  email: string;
  createdGmt: string;
  total: string;
  lines: { name: string; sku: string; quantity: number; price: number }[];
  meta: { key: string; value: unknown }[];
}

interface Customer {
  id: number;
  email: string;
  meta_data: { key: string; value: string }[];
}

export interface Fault {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface WooServer {
  readonly url: string;
  readonly products: WooProductRow[];
  readonly orders: WooOrderRow[];
  readonly customers: Customer[];
  readonly fulfillments: Map<number, unknown[]>;
  fulfillmentsAreOn: boolean;
  readonly webhooks: WooWebhookRow[];
  /** False: its key may only read. */
  mayWrite: boolean;
  /** Tells the webhooks of this topic, and gives what they answered. */
  tell(topic: string, payload: unknown): Promise<number[]>;
  /** Taken from the front, one for each request. */
  readonly faults: Fault[];
  readonly seen: { method: string; path: string; query: URLSearchParams; authorization: string | undefined }[];
  readonly key: string;
  readonly secret: string;
  close(): Promise<void>;
}

/** The shop's clock stands in Kolkata: whoever forgets `dates_are_gmt` is wrong by five and a half hours. */
const ZONE_MS = 5.5 * 3_600_000;
const local = (gmt: string): string => new Date(Date.parse(`${gmt}Z`) + ZONE_MS).toISOString().slice(0, 19);

export async function startWooServer(): Promise<WooServer> {
  const [key, secret] = ['ck_test', 'cs_test'];
  const nonces = new Set<string>();
  const server = createServer(
    (request, response) =>
      void handle(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const shop: WooServer = {
    url,
    products: [],
    orders: [],
    customers: [],
    fulfillments: new Map(),
    fulfillmentsAreOn: false,
    webhooks: [],
    mayWrite: true,
    tell: (topic, payload) =>
      Promise.all(
        shop.webhooks
          .filter((one) => one.topic === topic && one.status !== 'disabled')
          .map((one) => deliver(wooDelivery(one, payload))),
      ),
    faults: [],
    seen: [],
    key,
    secret,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };

  const send = (
    response: ServerResponse,
    status: number,
    body: unknown,
    headers: Record<string, string> = {},
  ): void => {
    response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers });
    response.end(JSON.stringify(body));
  };
  const fail = (response: ServerResponse, status: number, code: string, message: string): void =>
    send(response, status, { code, message, data: { status } });

  /** Basic over HTTPS alone (behind a proxy that says so), OAuth 1.0a over HTTP. */
  function isSignedIn(request: IncomingMessage, at: URL): boolean {
    const isTls = request.headers['x-forwarded-proto'] === 'https';
    if (isTls) return request.headers.authorization === `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`;
    const query = at.searchParams;
    const nonce = query.get('oauth_nonce') ?? '';
    const age = Math.abs(Date.now() / 1_000 - Number(query.get('oauth_timestamp')));
    const isRight =
      query.get('oauth_consumer_key') === key &&
      query.get('oauth_signature_method') === 'HMAC-SHA256' &&
      query.get('oauth_signature') === signatureOf(request.method ?? '', at, secret) &&
      age < 15 * 60 &&
      nonce !== '' &&
      !nonces.has(nonce);
    nonces.add(nonce);
    return isRight;
  }

  function page(response: ServerResponse, at: URL, rows: readonly unknown[]): void {
    const perPage = Number(at.searchParams.get('per_page') ?? 10);
    if (!(perPage >= 1 && perPage <= 100))
      return fail(response, 400, 'rest_invalid_param', 'Invalid parameter(s): per_page');
    const offset = Number(at.searchParams.get('offset') ?? (Number(at.searchParams.get('page') ?? 1) - 1) * perPage);
    send(response, 200, rows.slice(offset, offset + perPage), {
      'x-wp-total': String(rows.length),
      'x-wp-totalpages': String(Math.ceil(rows.length / perPage)),
      link: `<${at.href}&page=2>; rel="next"`, // with the request's signature in it, as the real one
    });
  }

  /** Dates of the query are the shop's own, unless it says that they are GMT. */
  function dated<T>(
    rows: readonly T[],
    at: URL,
    gmtOf: (row: T) => string,
    names: { after: string; before: string },
  ): T[] {
    const of = (row: T): string => (at.searchParams.get('dates_are_gmt') === 'true' ? gmtOf(row) : local(gmtOf(row)));
    const [after, before] = [at.searchParams.get(names.after), at.searchParams.get(names.before)];
    return rows.filter((row) => (after === null || of(row) > after) && (before === null || of(row) < before));
  }

  const productJson = ({ modifiedGmt, ...row }: WooProductRow) => ({
    ...row,
    short_description: '',
    variations:
      row.type === 'variable' ? shop.products.filter((one) => one.parent_id === row.id).map((one) => one.id) : [],
    date_modified: local(modifiedGmt),
    date_modified_gmt: modifiedGmt,
  });
  const orderJson = (row: WooOrderRow) => ({
    id: row.id,
    number: row.number,
    status: row.status,
    currency: 'EUR',
    date_created: local(row.createdGmt),
    date_created_gmt: row.createdGmt,
    date_modified_gmt: row.createdGmt,
    date_paid_gmt: ['processing', 'completed'].includes(row.status) ? row.createdGmt : null,
    date_completed_gmt: row.status === 'completed' ? row.createdGmt : null,
    total: row.total,
    payment_url: `${url}/checkout/order-pay/${row.id}/?pay_for_order=true&key=wc_order_x`,
    billing: { first_name: 'Ada', last_name: 'Byron', email: row.email },
    line_items: row.lines,
    meta_data: row.meta,
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const at = new URL(request.url ?? '/', url);
    const path = at.pathname.replace('/wp-json/wc/v3/', '');
    const query = at.searchParams;
    shop.seen.push({ method: request.method ?? '', path, query, authorization: request.headers.authorization });
    const fault = shop.faults.shift();
    if (fault) return void response.writeHead(fault.status, fault.headers).end(fault.body ?? '{}');
    if (!isSignedIn(request, at))
      return fail(
        response,
        401,
        'woocommerce_rest_authentication_error',
        'Invalid signature - provided signature does not match.',
      );
    const byId = <T extends { id: number }>(rows: readonly T[], id: string | undefined): T | undefined =>
      rows.find((row) => row.id === Number(id));
    const [first, id, rest] = path.split('/');
    if (path === 'data/currencies/current') return send(response, 200, { code: 'EUR', name: 'Euro' });
    if (first === 'products' && rest === 'variations')
      return page(response, at, shop.products.filter((row) => row.parent_id === Number(id)).map(productJson));
    if (path === 'products') {
      const skus = query.get('sku')?.split(',');
      const include = query.get('include')?.split(',').map(Number);
      // With `sku`, and only with it, variants are listed beside products.
      const listed = shop.products
        .filter((row) => (skus ? skus.includes(row.sku) : row.type !== 'variation'))
        .filter((row) => !include || include.includes(row.id))
        .filter((row) => !query.has('status') || row.status === query.get('status'))
        .filter((row) => !query.has('search') || row.name.includes(query.get('search') ?? '')) // not in the SKU
        .toSorted((a, b) => a.id - b.id);
      const rows = dated(listed, at, (row) => row.modifiedGmt, { after: 'modified_after', before: 'modified_before' });
      return page(response, at, rows.map(productJson));
    }
    if (first === 'orders' && id !== undefined) {
      const order = byId(shop.orders, id);
      if (!order) return fail(response, 404, 'woocommerce_rest_shop_order_invalid_id', 'Invalid ID.');
      if (rest === undefined) return send(response, 200, orderJson(order));
      if (rest !== 'fulfillments' || !shop.fulfillmentsAreOn)
        return fail(response, 404, 'rest_no_route', 'No route was found matching the URL and request method.');
      return send(response, 200, { fulfillments: shop.fulfillments.get(order.id) ?? [] });
    }
    if (path === 'orders') {
      const search = query.get('search');
      const listed = shop.orders
        .filter((row) => !query.has('status') || row.status === query.get('status'))
        .filter((row) => !search || `${row.email} ada byron ${row.number}`.toLowerCase().includes(search.toLowerCase()))
        .toSorted((a, b) => (query.get('order') === 'asc' ? 1 : -1) * a.createdGmt.localeCompare(b.createdGmt));
      return page(
        response,
        at,
        dated(listed, at, (row) => row.createdGmt, { after: 'after', before: 'before' }).map(orderJson),
      );
    }
    if (first === 'webhooks') {
      if (request.method === 'GET') return page(response, at, shop.webhooks);
      if (!shop.mayWrite)
        return fail(response, 401, 'woocommerce_rest_cannot_create', 'Sorry, you are not allowed to create resources.');
      if (request.method === 'DELETE') {
        const hook = byId(shop.webhooks, id);
        if (!hook) return fail(response, 404, 'woocommerce_rest_webhook_invalid_id', 'Invalid ID.');
        shop.webhooks.splice(shop.webhooks.indexOf(hook), 1);
        return send(response, 200, hook);
      }
      const asked = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Omit<WooWebhookRow, 'id'>;
      const hook = { ...asked, id: (shop.webhooks.at(-1)?.id ?? 0) + 1 };
      const pinged = await deliver(wooPing(hook)).catch((error: unknown) => String(error));
      if (pinged !== 200)
        return fail(
          response,
          400,
          'woocommerce_rest_cannot_create',
          `Error: Delivery URL returned response code: ${pinged}`,
        );
      shop.webhooks.push(hook);
      return send(response, 201, hook);
    }
    if (path === 'customers')
      return page(
        response,
        at,
        shop.customers.filter((row) => row.email === query.get('email')),
      );
    const customer = first === 'customers' ? byId(shop.customers, id) : undefined;
    if (customer && request.method === 'PUT') {
      const { meta_data } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Pick<Customer, 'meta_data'>;
      for (const change of meta_data)
        customer.meta_data = [...customer.meta_data.filter((one) => one.key !== change.key), change];
      return send(response, 200, customer);
    }
    return fail(response, 404, 'rest_no_route', 'No route was found matching the URL and request method.');
  }
  return shop;
}

const GMT = '2026-10-01T12:00:00';

/** 250 products, every tenth of them with three variants; five orders; two customers. */
export function fillWooShop(shop: WooServer, products = 250): void {
  const base = {
    status: 'publish',
    description: '<p>Made of <b>steel</b> &amp; brass</p>',
    manage_stock: true,
    stock_status: 'instock',
    backorders: 'no',
    modifiedGmt: GMT,
  };
  for (let n = 1; n <= products; n++) {
    const variable = n % 10 === 0;
    const row: WooProductRow = {
      ...base,
      id: n * 10,
      name: `Valve ${n}`,
      sku: variable ? '' : `VALVE-${n}`,
      price: '19.99',
      parent_id: 0,
      type: variable ? 'variable' : 'simple',
      stock_quantity: n % 7,
      stock_status: n % 7 === 0 ? 'outofstock' : 'instock',
      categories: [{ name: 'Valves' }],
      attributes: [{ name: 'Brand', options: ['Acme'] }],
    };
    shop.products.push(row);
    for (let v = 1; variable && v <= 3; v++)
      shop.products.push({
        ...row,
        id: n * 10 + v,
        name: `Valve ${n} - Size ${v}`,
        sku: `VALVE-${n}-${v}`,
        type: 'variation',
        parent_id: n * 10,
        categories: [],
        stock_quantity: v,
        stock_status: 'instock',
        attributes: [{ name: 'Size', option: `Size ${v}` }],
      });
  }
  const lines = [{ name: 'Valve 1', sku: 'VALVE-1', quantity: 2, price: 19.99 }];
  const order = (id: number, status: string, email: string, createdGmt: string, meta: WooOrderRow['meta'] = []) =>
    shop.orders.push({ id, number: String(id), status, email, createdGmt, total: '39.98', lines, meta });
  order(1001, 'completed', 'ada@example.com', '2026-10-01T10:00:00', [
    { key: '_tracking_number', value: 'JD014600003' },
    { key: '_shipment_provider', value: 'DHL' },
  ]);
  order(1002, 'processing', 'ada@example.com', '2026-10-05T10:00:00');
  order(1003, 'pending', 'bob@example.com', '2026-10-10T10:00:00');
  order(1004, 'pending', 'ada@example.com', '2026-10-20T10:00:00');
  order(1005, 'on-hold', 'bob@example.com', '2026-10-21T10:00:00');
  shop.customers.push(
    { id: 7, email: 'ada@example.com', meta_data: [] },
    { id: 8, email: 'bob@example.com', meta_data: [] },
  );
}
