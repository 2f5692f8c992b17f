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
      /** It only records what its commit did: it may be on its way together with what goes before it. */
      alongside?: true;
    }
  /** Makes a key-value entry; one that exists is left as it is. */
  | { kind: 'create_entry'; orderingKey: string; bucket: BucketName; key: string; payload: Uint8Array }
  | { kind: 'put_entry'; orderingKey: string; bucket: BucketName; key: string; payload: Uint8Array };

/** A row of the table, as the relay publishes it. */
export interface OutboxRow {
  id: number;
  ordering_key: string;
  kind: Outgoing['kind'];
  /** A subject, or a bucket. */
  target: string;
  /** The message's id, or the entry's key. */
  message_id: string;
  headers: Record<string, string> | null;
  payload: Buffer;
  alongside: boolean;
}

/** What a commit wrote into the outbox. */
export interface Committed {
  rows: readonly OutboxRow[];
  /** Rows of the same keys that were not marked as sent when these were written: they go first. */
  earlier: readonly number[];
}

/** A statement with its parameters, `$1` being the first. */
export interface Statement {
  sql: string;
  parameters: readonly unknown[];
  /** It returns the rows that it changed; where it changes none, nothing of the whole is written (see `isOvertaken`). */
  mustChange?: boolean;
}

/** Runs one statement in whatever transaction the caller has; resolves with its rows. */
export type RunStatement = (
  sql: string,
  parameters: unknown[],
) => Promise<readonly Record<string, unknown>[]>;

/** Something said on a Postgres channel with the commit. */
export interface Notification {
  channel: string;
  payload: string;
}

/** What a transaction does last, in one round trip. */
export interface LastWords {
  statements: readonly Statement[];
  notifications: readonly Notification[];
  outgoing: readonly Outgoing[];
  /** Who writes, so that its own relay needn't be woken by the database. */
  origin: string;
}

/** The Postgres channel on which a commit wakes the relay, whichever process leads it. */
export function outboxChannel(schema: string): string {
  return `${schema}_outbox`;
}

const nothingSaid: Committed = { rows: [], earlier: [] };

/**
 * Runs the statements, writes the messages into the outbox of the transaction's schema and notifies the relay and
 * others, all in one statement: its parts see the tables as they were before any of them.
 */
export async function writeLast(run: RunStatement, schema: string, last: LastWords): Promise<Committed> {
  const { statements, outgoing, origin } = last;
  const isSaying = outgoing.length > 0;
  const notifications = isSaying
    ? [...last.notifications, { channel: outboxChannel(schema), payload: origin }]
    : last.notifications;
  if (statements.length === 0 && notifications.length === 0) return nothingSaid;
  const parameters: unknown[] = [];
  const place = (value: unknown): string => `$${parameters.push(value)}`;
  const parts = statements.map((statement, index) => `w${index} as (${renumbered(statement, place)})`);
  const rows = outgoing.map(unnumbered);
  // Dividing by zero is what plain SQL can do in order to undo a whole statement.
  const select = statements.flatMap(({ mustChange }, index) =>
    mustChange ? [`1 / (select count(*) from w${index})`] : [],
  );
  if (isSaying) {
    parts.push(`said as (${insertion(rows, place)})`);
    const keys = place([...new Set(rows.map(({ ordering_key }) => ordering_key))]);
    select.push(
      '(select array_agg(id order by id) from said) as ids',
      // Key by key, so that it reads the index also while the table is long and nothing is known of it.
      `(select array_agg(waiting.id) from unnest(${keys}::text[]) as own(key) cross join lateral
         (select id from outbox where ordering_key = own.key and sent_at is null offset 0) waiting) as earlier`,
    );
  }
  const [channels, payloads] = [
    notifications.map(({ channel }) => channel),
    notifications.map(({ payload }) => payload),
  ];
  select.push(
    `(select count(pg_notify(channel, payload)) from unnest(${place(channels)}::text[], ${place(payloads)}::text[]) as told(channel, payload))`,
  );
  const first = parts.length > 0 ? `with ${parts.join(', ')} ` : '';
  const [result] = await run(`${first}select ${select.join(', ')}`, parameters);
  if (!isSaying || !result) return nothingSaid;
  const ids = (result.ids as (string | number)[]).map(Number);
  return {
    rows: rows.map((row, index) => ({ ...row, id: ids[index] ?? 0 })),
    earlier: ((result.earlier ?? []) as (string | number)[]).map(Number),
  };
}

/** A statement's text with its parameters among those of others. */
function renumbered({ sql, parameters }: Statement, place: (value: unknown) => string): string {
  const places = parameters.map(place);
  return sql.replace(/\$(\d+)/g, (_, number: string) => places[Number(number) - 1] ?? 'null');
}

function unnumbered(message: Outgoing): Omit<OutboxRow, 'id'> {
  const isEvent = message.kind === 'event';
  const { buffer, byteOffset, byteLength } = message.payload;
  return {
    ordering_key: message.orderingKey,
    kind: message.kind,
    target: isEvent ? message.subject : message.bucket,
    message_id: isEvent ? message.messageId : message.key,
    headers: isEvent ? headersOf(message.headers) : null,
    payload: Buffer.from(buffer, byteOffset, byteLength),
    alongside: isEvent && message.alongside === true,
  };
}

/** Headers as stored: the trace that the transaction is part of goes along. */
function headersOf(own: Record<string, string> | undefined): Record<string, string> | null {
  return own || tracing ? { ...traceHeaders(), ...own } : null;
}

function insertion(rows: readonly Omit<OutboxRow, 'id'>[], place: (value: unknown) => string): string {
  const values = rows.map((row) => {
    const { ordering_key, kind, target, message_id, headers, payload, alongside } = row;
    const json = headers && JSON.stringify(headers);
    return `(${[ordering_key, kind, target, message_id, json, payload, alongside].map(place).join(', ')})`;
  });
  return `insert into outbox (ordering_key, kind, target, message_id, headers, payload, alongside)
    values ${values.join(', ')} returning id`;
}
