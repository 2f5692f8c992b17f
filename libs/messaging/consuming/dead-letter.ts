import type { Bus } from '../bus.ts';
import type { Delivery } from './pull.ts';

/** `dead.<service>.letter.v1` in stream DEAD_LETTERS: the stored bytes of a message that was given up. */
export function deadLetterSubject(service: string): string {
  return `dead.${service}.letter.v1`;
}

/** `dead.<service>.retry.v1`: asks that service to run its handler again on the stored bytes. */
export function retrySubject(service: string): string {
  return `dead.${service}.retry.v1`;
}

/** The headers of a dead letter and of its retry. */
export const deadLetterHeaders = {
  subject: 'Sallyport-Subject',
  sequence: 'Sallyport-Sequence',
  deliveries: 'Sallyport-Deliveries',
  code: 'Sallyport-Code',
} as const;

/** Stores a message that was given up. Its content stays sealed as it was. */
export async function publishDeadLetter(
  bus: Bus,
  service: string,
  delivery: Delivery,
  code: string,
): Promise<void> {
  await bus.publish(deadLetterSubject(service), delivery.payload, {
    messageId: `${delivery.subject}:${delivery.sequence}:${service}`,
    headers: {
      [deadLetterHeaders.subject]: delivery.subject,
      [deadLetterHeaders.sequence]: String(delivery.sequence),
      [deadLetterHeaders.deliveries]: String(delivery.deliveries),
      [deadLetterHeaders.code]: code,
    },
  });
}
