import type { EntityManager } from 'typeorm';
import type { BucketName } from '#contracts';
import { traceHeaders, tracing } from '#telemetry';

/** What a transaction wants said outside once it is committed. Within one `orderingKey`, in the order written. */
export type Outgoing =
  | {
      kind: 'event';
      orderingKey: string;
      subject: string;
      messageId: string;
      payload: Uint8Array;
      headers?: Record<string, string>;
    }
  /** Makes a key-value entry; one that exists is left as it is. */
  | { kind: 'create_entry'; orderingKey: string; bucket: BucketName; key: string; payload: Uint8Array }
  | { kind: 'put_entry'; orderingKey: string; bucket: BucketName; key: string; payload: Uint8Array };

/** The Postgres channel on which a commit wakes the relay, whichever process leads it. */
export function outboxChannel(schema: string): string {
  return `${schema}_outbox`;
}

const columns = 6;

/** Headers as stored: the trace that the transaction is part of goes along. */
function headersOf(own: Record<string, string> | undefined): string | null {
  if (!own && !tracing) return null;
  return JSON.stringify({ ...traceHeaders(), ...own });
}

/** Writes messages into the outbox of the transaction's schema, and wakes the relay when it commits. */
export async function writeOutbox(
  manager: EntityManager,
  schema: string,
  messages: readonly Outgoing[],
): Promise<void> {
  if (messages.length === 0) return;
  const values = messages.flatMap((message) => [
    message.orderingKey,
    message.kind,
    message.kind === 'event' ? message.subject : message.bucket,
    message.kind === 'event' ? message.messageId : message.key,
    message.kind === 'event' ? headersOf(message.headers) : null,
    Buffer.from(message.payload.buffer, message.payload.byteOffset, message.payload.byteLength),
  ]);
  const rows = messages.map((_, row) => {
    const places = Array.from({ length: columns }, (__, column) => `$${row * columns + column + 1}`);
    return `(${places.join(', ')})`;
  });
  await manager.query(
    `insert into outbox (ordering_key, kind, target, message_id, headers, payload) values ${rows.join(', ')}`,
    values,
  );
  await manager.query('select pg_notify($1, $2)', [outboxChannel(schema), '']);
}
