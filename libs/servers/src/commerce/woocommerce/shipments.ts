import { z } from 'zod';
import type { Shipment } from '../shop.ts';
import { gmt, type Meta, type WooOrder, type wooFulfillments } from './wire.ts';

/** What the official Shipment Tracking extension keeps. */
const trackingItems = z.array(
  z.object({
    tracking_number: z.string(),
    tracking_provider: z.string().catch(''),
    custom_tracking_provider: z.string().catch(''),
    custom_tracking_link: z.string().catch(''),
    date_shipped: z.coerce.number().optional().catch(undefined),
  }),
);

const textAt = (meta: Meta, ...keys: readonly string[]): string => {
  for (const key of keys) {
    const value = meta.find((one) => one.key === key)?.value;
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
};

/**
 * Tracking stands in three places: fulfilments, where that feature is on; the Shipment Tracking extension's meta data;
 * or plain meta data. The shop hears nothing of what the carrier does after it has sent: `shipped` is all it knows.
 */
export function shipmentsOf(order: WooOrder, fulfillments: z.infer<typeof wooFulfillments>): Shipment[] {
  const shipped = { status: 'shipped' as const, deliveredAt: undefined };
  if (fulfillments.length > 0)
    return fulfillments.map(({ is_fulfilled, date_updated, meta_data }) => ({
      ...shipped,
      status: is_fulfilled ? 'shipped' : 'preparing',
      carrier: textAt(meta_data, '_shipment_provider', '_shipping_provider'),
      trackingNumber: textAt(meta_data, '_tracking_number'),
      trackingUrl: textAt(meta_data, '_tracking_url'),
      shippedAt: is_fulfilled ? gmt(date_updated) : undefined,
    }));
  const listed = trackingItems.safeParse(
    order.meta_data.find((one) => one.key === '_wc_shipment_tracking_items')?.value,
  );
  if (listed.success && listed.data.length > 0)
    return listed.data.map((item) => ({
      ...shipped,
      carrier: item.custom_tracking_provider || item.tracking_provider,
      trackingNumber: item.tracking_number,
      trackingUrl: item.custom_tracking_link,
      shippedAt: item.date_shipped ? new Date(item.date_shipped * 1_000) : undefined,
    }));
  const trackingNumber = textAt(order.meta_data, '_tracking_number', 'tracking_number');
  if (trackingNumber !== '')
    return [
      {
        ...shipped,
        carrier: textAt(order.meta_data, '_shipment_provider', '_tracking_provider', 'tracking_provider'),
        trackingNumber,
        trackingUrl: textAt(order.meta_data, '_tracking_url', 'tracking_url'),
        shippedAt: gmt(order.date_completed_gmt),
      },
    ];
  if (order.status !== 'completed') return [];
  const shippedAt = gmt(order.date_completed_gmt);
  return [{ ...shipped, carrier: '', trackingNumber: '', trackingUrl: '', shippedAt }];
}
