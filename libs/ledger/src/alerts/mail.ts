import type { Transporter } from 'nodemailer';
import type { DueDelivery } from './outbox.store.ts';

export interface Mailer {
  send(delivery: DueDelivery): Promise<void>;
  close(): void;
}

const TIMEOUT_MS = 15_000;

/** By SMTP; `url` as smtps://user:password@host:port. The address was given by an admin, not by a caller. */
export function createMailer({ url, from }: { readonly url: string; readonly from: string }): Mailer {
  let transport: Transporter | undefined;
  async function open(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    transport ??= createTransport(url, { from });
    const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
    Object.assign(transport.options, timeouts);
    return transport;
  }
  return {
    async send({ id, target, title, message, kind, data, at }) {
      await (
        await open()
      ).sendMail({
        from,
        to: { name: '', address: target },
        subject: title.replace(/\s+/g, ' '),
        text: `${message}\n\n${kind}, ${at.toISOString()}\n${JSON.stringify(data, null, 2)}\n`,
        messageId: `<${id}@switchyard>`, // the same at each attempt
        disableFileAccess: true,
        disableUrlAccess: true,
      });
    },
    close: () => transport?.close(),
  };
}
