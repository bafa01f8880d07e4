export { article, startTestSite, type TestSite } from '../../content/testing/site.ts';
export { send as sendDelivery, wooDelivery } from './webhooks.ts';
export { fillWooShop, startWooServer, type WooServer } from './woocommerce-server.ts';
