import type { Preset, PresetField } from './presets.ts';

const SYNC: PresetField = {
  name: 'syncHours',
  label: 'Read the catalogue every … hours',
  kind: 'text',
  help: 'Keeps the product search up to date by itself: 24 for once a day. Empty: only when somebody asks. It can be changed later.',
  optional: true,
};

/** Shops, reached by the product's own server `commerce`. */
export const SHOP_PRESETS: readonly Preset[] = [
  {
    id: 'woocommerce',
    title: 'WooCommerce shop',
    description: 'Orders, shipments, stock, unpaid carts, customers and catalogue of a WooCommerce shop, by REST v3.',
    docs: 'https://developer.woocommerce.com/docs/apis/rest-api/',
    fields: [
      {
        name: 'url',
        label: 'Address of the shop',
        kind: 'url',
        help: 'Of its front page: https://shop.example. Over http the requests are signed instead (OAuth 1.0a).',
      },
      {
        name: 'consumerKey',
        label: 'Consumer key',
        kind: 'secret',
        help: 'Begins with ck_: WooCommerce, Settings, Advanced, REST API. Read is enough but for preferences and for setting up live changes.',
      },
      { name: 'consumerSecret', label: 'Consumer secret', kind: 'secret', help: 'Begins with cs_; shown once.' },
      SYNC,
    ],
    connect: {
      kind: 'builtin',
      server: 'commerce',
      settings: { url: '{{url}}', syncHours: '{{syncHours}}' },
      secrets: { consumerKey: '{{consumerKey}}', consumerSecret: '{{consumerSecret}}' },
    },
  },
  {
    id: 'shopify',
    title: 'Shopify shop',
    description:
      'Orders, shipments, stock, abandoned checkouts, customers and catalogue of a Shopify shop, by Admin GraphQL.',
    docs: 'https://shopify.dev/docs/api/admin-graphql',
    fields: [
      {
        name: 'url',
        label: 'Address of the shop',
        kind: 'url',
        help: 'https://your-shop.myshopify.com, not the domain that customers see.',
      },
      {
        name: 'clientId',
        label: 'Client ID',
        kind: 'secret',
        help: 'Of your app: give this and its secret, and tokens are fetched and renewed by themselves. Or an access token below.',
        optional: true,
      },
      {
        name: 'clientSecret',
        label: 'Client secret',
        kind: 'secret',
        help: 'Of the same app. Shopify signs live changes with it.',
        optional: true,
      },
      {
        name: 'accessToken',
        label: 'Access token',
        kind: 'secret',
        help: 'Without client ID and secret: the fixed token of a custom app (shpat_…). With them: the first of an expiring pair.',
        optional: true,
      },
      {
        name: 'refreshToken',
        label: 'Refresh token',
        kind: 'secret',
        help: 'Of an expiring offline token, with client ID and secret; replaced by each renewal.',
        optional: true,
      },
      SYNC,
    ],
    connect: {
      kind: 'builtin',
      server: 'commerce',
      settings: { url: '{{url}}', syncHours: '{{syncHours}}' },
      secrets: {
        clientId: '{{clientId}}',
        clientSecret: '{{clientSecret}}',
        accessToken: '{{accessToken}}',
        refreshToken: '{{refreshToken}}',
      },
    },
  },
];
