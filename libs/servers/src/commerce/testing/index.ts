export { send as sendDelivery, wooDelivery } from './webhooks.ts';
export { fillWooShop, startWooServer, type WooServer } from './woocommerce-server.ts';
