import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buildSchema, execute, GraphQLError, parse, validate } from 'graphql';
import { searches } from './shopify-search.ts';
import { send as deliver, shopifyDelivery } from './webhooks.ts';

const SCHEMA = buildSchema(
  readFileSync(path.resolve(import.meta.dirname, '../../../fixtures/shopify-admin-2026-07.graphql'), 'utf8'),
);

export interface VariantRow {
  id: string;
  sku: string;
  title: string;
  price: string;
  inventoryQuantity: number;
  inventoryPolicy: 'DENY' | 'CONTINUE';
  updatedAt: string;
  inventoryItem: { tracked: boolean };
  selectedOptions: { name: string; value: string }[];
  product: {
    id: string;
    title: string;
    description: string;
    vendor: string;
    productType: string;
    status: string;
    updatedAt: string;
  };
}

interface OrderRow {
  id: string;
  name: string;
  email: string;
  createdAt: string;
  [field: string]: unknown;
}

/** A shop whose answers the official schema types (cut down): its search, its limits, tokens and bulk operations. */
export interface ShopifyServer {
  readonly url: string;
  readonly variants: VariantRow[];
  readonly orders: OrderRow[];
  readonly checkouts: { id: string; createdAt: string; [field: string]: unknown }[];
  readonly customers: { id: string; email: string; consent: Record<string, unknown> }[];
  readonly limits: { available: number; maximum: number; restoreRate: number };
  /** Tokens that are accepted now. */
  readonly tokens: Set<string>;
  /** The refresh token that is good now, for one use. */
  refreshToken: string;
  readonly seen: { operation: string; grant: string }[];
  bulkIsBusy: boolean;
  readonly webhooks: { id: string; topic: string; uri: string }[];
  /** Tells those who subscribed to this topic, and gives what they answered. */
  tell(topic: string, payload: unknown): Promise<number[]>;
  readonly faults: number[];
  close(): Promise<void>;
}

const CLIENT = { client_id: 'client', client_secret: 'shpss_secret' } as const;
const COST = 52;

export async function startShopifyServer(): Promise<ShopifyServer> {
  const bulks = new Map<string, { polls: number; lines: string }>();
  let issued = 0;
  const server = createServer(
    (request, response) =>
      void handle(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const shop: ShopifyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    variants: [],
    orders: [],
    checkouts: [],
    customers: [],
    limits: { available: 2_000, maximum: 2_000, restoreRate: 100 },
    tokens: new Set(['shpat_fixed']),
    refreshToken: 'shprt_first',
    seen: [],
    bulkIsBusy: false,
    webhooks: [],
    tell: (topic, payload) =>
      Promise.all(
        shop.webhooks
          .filter((one) => one.topic === topic)
          .map((one) => deliver(shopifyDelivery(one, payload, CLIENT.client_secret))),
      ),
    faults: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };

  interface Page {
    first: number;
    after?: string | null;
    query?: string | null;
    reverse?: boolean;
  }
  function connection<T extends { id: string }>(rows: readonly T[], { first, after, reverse }: Page) {
    if (first > 250) throw new GraphQLError('The maximum first is 250.');
    const ordered = reverse ? rows.toReversed() : rows;
    const start = after ? ordered.findIndex((row) => Buffer.from(row.id).toString('base64') === after) + 1 : 0;
    const nodes = ordered.slice(start, start + first);
    const last = nodes.at(-1);
    return {
      nodes,
      edges: nodes.map((node) => ({ node })),
      pageInfo: {
        hasNextPage: start + first < ordered.length,
        endCursor: last ? Buffer.from(last.id).toString('base64') : null,
      },
    };
  }
  const compare = (operator: ':' | '>' | '<', left: string, right: string): boolean =>
    operator === '>'
      ? Date.parse(left) > Date.parse(right)
      : operator === '<'
        ? Date.parse(left) < Date.parse(right)
        : left.toLowerCase() === right.toLowerCase();
  const variantsOf = (query: string | null | undefined): VariantRow[] =>
    shop.variants.filter((row) =>
      searches(query, (field, operator, value) =>
        field === 'product_status'
          ? row.product.status.toLowerCase() === value
          : field === 'sku'
            ? compare(operator, row.sku, value)
            : field === 'updated_at'
              ? compare(operator, row.updatedAt, value)
              : false,
      ),
    );

  const root = {
    shop: { name: 'Test shop', currencyCode: 'EUR' },
    orders: (page: Page) =>
      connection(
        shop.orders.filter((row) =>
          searches(page.query, (field, operator, value) =>
            // `name:1042` also finds #1042
            field === 'name'
              ? row.name === value || row.name === `#${value}`
              : field === 'email'
                ? compare(operator, row.email, value)
                : false,
          ),
        ),
        page,
      ),
    order: ({ id }: { id: string }) => shop.orders.find((row) => row.id === id) ?? null,
    productVariants: (page: Page) => connection(variantsOf(page.query), page),
    product: ({ id }: { id: string }) => {
      const rows = shop.variants.filter((row) => row.product.id === id);
      const [first] = rows;
      return first ? { status: first.product.status, variants: (page: Page) => connection(rows, page) } : null;
    },
    webhookSubscriptions: ({ uri, ...page }: Page & { uri?: string }) =>
      connection(
        shop.webhooks.filter((one) => uri === undefined || one.uri === uri),
        page,
      ),
    webhookSubscriptionCreate: ({
      topic,
      webhookSubscription,
    }: {
      topic: string;
      webhookSubscription: { uri: string };
    }) => {
      const { uri } = webhookSubscription;
      if (shop.webhooks.some((one) => one.topic === topic && one.uri === uri))
        return { userErrors: [{ field: ['uri'], message: 'Address for this topic has already been taken' }] };
      shop.webhooks.push({ id: `gid://shopify/WebhookSubscription/${Math.random().toString().slice(2)}`, topic, uri });
      return { userErrors: [] };
    },
    webhookSubscriptionDelete: ({ id }: { id: string }) => {
      const at = shop.webhooks.findIndex((one) => one.id === id);
      if (at < 0) return { userErrors: [{ field: ['id'], message: 'Webhook subscription does not exist' }] };
      shop.webhooks.splice(at, 1);
      return { userErrors: [] };
    },
    abandonedCheckouts: (page: Page) =>
      connection(
        shop.checkouts.filter((row) =>
          searches(
            page.query,
            (field, operator, value) => field === 'created_at' && compare(operator, row.createdAt, value),
          ),
        ),
        page,
      ),
    customerByIdentifier: ({ identifier }: { identifier: { emailAddress: string } }) =>
      shop.customers.find((row) => row.email === identifier.emailAddress) ?? null,
    customerEmailMarketingConsentUpdate: ({
      input,
    }: {
      input: { customerId: string; emailMarketingConsent: unknown };
    }) => change(input.customerId, { email: input.emailMarketingConsent }),
    customerSmsMarketingConsentUpdate: ({ input }: { input: { customerId: string; smsMarketingConsent: unknown } }) =>
      change(input.customerId, { sms: input.smsMarketingConsent }),
    customerUpdate: ({ input }: { input: { id: string; locale: string } }) =>
      change(input.id, { locale: input.locale }),
    bulkOperationRunQuery: ({ query }: { query: string }) => {
      if (shop.bulkIsBusy)
        return {
          bulkOperation: null,
          userErrors: [{ field: null, message: 'A bulk query operation for this app and shop is already in progress' }],
        };
      const problems = validate(SCHEMA, parse(query));
      if (problems.length > 0)
        return { bulkOperation: null, userErrors: [{ field: ['query'], message: problems[0]?.message }] };
      const id = `gid://shopify/BulkOperation/${bulks.size + 1}`;
      // The result is what was there when it ran, in no order to rely on.
      const rows = variantsOf('product_status:active').toSorted((a, b) => a.sku.localeCompare(b.sku));
      bulks.set(id, { polls: 0, lines: rows.map((row) => JSON.stringify(row)).join('\n') });
      return { bulkOperation: { id }, userErrors: [] };
    },
    bulkOperation: ({ id }: { id: string }) => {
      const bulk = bulks.get(id);
      if (!bulk) return null;
      const isDone = bulk.polls++ > 0;
      return {
        status: isDone ? 'COMPLETED' : 'RUNNING',
        errorCode: null,
        url: isDone && bulk.lines ? `${shop.url}/bulk/${encodeURIComponent(id)}` : null,
      };
    },
  };
  function change(id: string, consent: Record<string, unknown>) {
    const customer = shop.customers.find((row) => row.id === id);
    if (!customer) return { userErrors: [{ field: ['id'], message: 'Customer does not exist' }] };
    Object.assign(customer.consent, consent);
    return { userErrors: [] };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const send = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const at = new URL(request.url ?? '/', shop.url);
    if (at.pathname.startsWith('/bulk/')) {
      const bulk = bulks.get(decodeURIComponent(at.pathname.slice('/bulk/'.length)));
      shop.seen.push({ operation: 'download', grant: '' });
      return void response.writeHead(bulk ? 200 : 404, { 'content-type': 'application/jsonl' }).end(bulk?.lines);
    }
    const fault = shop.faults.shift();
    if (fault !== undefined) return send(fault, {});
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, string> & {
      variables: Record<string, unknown>;
    };
    if (at.pathname === '/admin/oauth/access_token') {
      shop.seen.push({ operation: 'token', grant: body['grant_type'] ?? '' });
      const isClient = body['client_id'] === CLIENT.client_id && body['client_secret'] === CLIENT.client_secret;
      const isRefresh = body['grant_type'] === 'refresh_token';
      if (!isClient || (isRefresh && body['refresh_token'] !== shop.refreshToken))
        return send(400, { error: 'invalid_grant' });
      const access_token = `shpat_${++issued}`;
      shop.tokens.add(access_token);
      if (!isRefresh) return send(200, { access_token, scope: 'read_orders', expires_in: 86_399 });
      shop.refreshToken = `shprt_${issued}`;
      return send(200, {
        access_token,
        expires_in: 3_600,
        refresh_token: shop.refreshToken,
        refresh_token_expires_in: 7_776_000,
      });
    }
    if (at.pathname !== '/admin/api/2026-07/graphql.json') return send(404, { errors: 'Not Found' });
    if (!shop.tokens.has(String(request.headers['x-shopify-access-token'])))
      return send(401, { errors: '[API] Invalid API key or access token (unrecognized login or wrong password)' });
    const { limits } = shop;
    const cost = (actual: number | null) => ({
      cost: {
        requestedQueryCost: COST,
        actualQueryCost: actual,
        throttleStatus: {
          maximumAvailable: limits.maximum,
          currentlyAvailable: limits.available,
          restoreRate: limits.restoreRate,
        },
      },
    });
    const document = parse(body['query'] ?? '');
    const [definition] = document.definitions;
    const operation = definition?.kind === 'OperationDefinition' ? (definition.name?.value ?? '') : '';
    shop.seen.push({ operation, grant: '' });
    if (limits.available < COST)
      return send(200, {
        errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }],
        extensions: cost(null),
      });
    limits.available -= COST;
    const problems = validate(SCHEMA, document);
    if (problems.length > 0)
      return send(200, {
        errors: problems.map(({ message }) => ({ message, extensions: { code: 'undefinedField' } })),
      });
    const result = await execute({ schema: SCHEMA, document, rootValue: root, variableValues: body.variables });
    send(200, { ...result, extensions: cost(COST) });
  }
  return shop;
}

const AT = '2026-10-01T12:00:00Z';
const bag = (amount: string) => ({ shopMoney: { amount, currencyCode: 'EUR' } });

/** 250 variants of products, five orders, three checkouts, two customers. */
export function fillShopify(shop: ShopifyServer, variants = 250): void {
  for (let n = 1; n <= variants; n++)
    shop.variants.push({
      id: `gid://shopify/ProductVariant/${String(n).padStart(6, '0')}`,
      sku: `VALVE-${n}`,
      title: n % 10 === 0 ? 'Large' : 'Default Title',
      price: '19.99',
      inventoryQuantity: n % 7,
      inventoryPolicy: 'DENY',
      updatedAt: AT,
      inventoryItem: { tracked: true },
      selectedOptions: n % 10 === 0 ? [{ name: 'Size', value: 'Large' }] : [{ name: 'Title', value: 'Default Title' }],
      product: {
        id: `gid://shopify/Product/${n}`,
        title: `Valve ${n}`,
        description: 'Made of steel & brass',
        vendor: 'Acme',
        productType: 'Valves',
        status: 'ACTIVE',
        updatedAt: AT,
      },
    });
  const order = (
    id: number,
    email: string,
    createdAt: string,
    money: string,
    goods: string,
    fulfillments: unknown[] = [],
  ) =>
    shop.orders.push({
      id: `gid://shopify/Order/${id}`,
      name: `#${id}`,
      email,
      createdAt,
      updatedAt: createdAt,
      cancelledAt: null,
      displayFinancialStatus: money,
      displayFulfillmentStatus: goods,
      currentTotalPriceSet: bag('39.98'),
      customer: { displayName: 'Ada Byron' },
      fulfillments,
      lineItems: {
        nodes: [{ sku: 'VALVE-1', name: 'Valve 1', currentQuantity: 2, originalUnitPriceSet: bag('19.99') }],
      },
    });
  order(1001, 'ada@example.com', '2026-10-01T10:00:00Z', 'PAID', 'FULFILLED', [
    {
      status: 'SUCCESS',
      displayStatus: 'IN_TRANSIT',
      createdAt: AT,
      deliveredAt: null,
      trackingInfo: [{ company: 'DHL', number: 'JD014600003', url: 'https://dhl.example/JD014600003' }],
    },
  ]);
  order(1002, 'ada@example.com', '2026-10-05T10:00:00Z', 'PAID', 'UNFULFILLED');
  order(1003, 'bob@example.com', '2026-10-10T10:00:00Z', 'PENDING', 'UNFULFILLED');
  const checkout = (id: number, email: string, createdAt: string, completedAt: string | null = null) =>
    shop.checkouts.push({
      id: `gid://shopify/AbandonedCheckout/${id}`,
      abandonedCheckoutUrl: `${shop.url}/recover/${id}`,
      createdAt,
      updatedAt: createdAt,
      completedAt,
      customer: { defaultEmailAddress: { emailAddress: email } },
      totalPriceSet: bag('39.98'),
      lineItems: { nodes: [{ sku: 'VALVE-1', title: 'Valve 1', quantity: 2 }] },
    });
  checkout(1, 'bob@example.com', '2026-10-10T10:00:00Z');
  checkout(2, 'bob@example.com', '2026-10-11T10:00:00Z', '2026-10-11T11:00:00Z');
  checkout(3, 'ada@example.com', '2026-10-20T10:00:00Z');
  shop.customers.push(
    { id: 'gid://shopify/Customer/7', email: 'ada@example.com', consent: {} },
    { id: 'gid://shopify/Customer/8', email: 'bob@example.com', consent: {} },
  );
}
