/** Why a shop gave no answer; the whole list, so that code can tell them apart and act. */
export const SHOP_ERRORS = [
  'order_not_found',
  'customer_not_found',
  'sku_not_found', // details.skus
  'no_stock', // details.short: [{ sku, requested, available }]
  'throttled', // the shop's rate limit, after waiting; retryAfterMs
  'credential_missing', // the connection lacks one
  'credential_refused', // wrong, expired and not renewable, or without the right
  'shop_down', // no connection, or HTTP 5xx, after retries
  'shop_timeout',
  'address_refused', // the egress guard said no
  'refused_by_shop', // it understood and said no; its own reason is in the message
  'bad_answer', // what came is not what its interface prescribes
] as const;
export type ShopErrorCode = (typeof SHOP_ERRORS)[number];

/** Safe to show: never carries a credential, a signed URL or a header. */
export class ShopError extends Error {
  override readonly name = 'ShopError';
  readonly code: ShopErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ShopErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}
