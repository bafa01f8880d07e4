import type { ConnectionId } from '@switchyard/kernel';

/** Something that people outside must hear of. Values must be free of secrets. */
export interface AlertInput {
  /** `<thing>.<past participle>`, such as `budget.threshold_reached`. */
  readonly kind: string;
  /** Two alerts of a tenant with the same key are one: the second is not told. */
  readonly dedupeKey: string;
  readonly title: string;
  /** What happened and what to do next, in sentences. */
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export type Channel = 'webhook' | 'email';
export type DeliveryStatus = 'pending' | 'sent' | 'failed';

export interface AlertDelivery {
  readonly id: string;
  readonly channel: Channel;
  /** The webhook's URL, or the address. */
  readonly target: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly nextAt: Date;
  readonly lastError: string | null;
  readonly sentAt: Date | null;
}

export interface Alert {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly message: string;
  readonly data: unknown;
  readonly at: Date;
  /** When somebody said that they have seen it, and who. */
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly deliveries: readonly AlertDelivery[];
}

/** Where alerts of a tenant go. */
export interface AlertTargets {
  readonly webhookUrl: string | null;
  readonly emails: readonly string[];
}

/** Under this name the vault keeps what signs a tenant's webhooks; it is no connection. */
export const WEBHOOK_SECRET = {
  connectionId: '00000000-0000-7000-8000-0000000a1e27' as ConnectionId,
  name: 'webhook_secret',
} as const;
