export { fillWooShop, startWooServer, type WooServer } from './woocommerce-server.ts';
