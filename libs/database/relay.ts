import pg from 'pg';
import type { BucketName } from '#contracts';
import type { Bus } from '#messaging';
import { clientConfig } from './data-source.ts';
import { outboxChannel } from './outbox.ts';

export interface RelayOptions {
  url: string;
  schema: string;
  bus: Bus;
  onError?: (error: unknown) => void;
  /** Called with what was published, once it is marked as sent. */
  onSent?: (count: number) => void;
}

interface OutboxRow {
  id: number;
  ordering_key: string;
  kind: 'event' | 'create_entry' | 'put_entry';
  target: string;
  message_id: string;
  headers: Record<string, string> | null;
  payload: Buffer;
}

/** Bounds memory: so many rows at once, each at most a message's size. */
const batchSize = 64;
const pollMs = 1000;
const standbyMs = 1000;
const keepSentMinutes = 10;
const maxBackoffMs = 5000;

/**
 * Publishes what transactions wrote into the outbox: by one process at a time (advisory lock), in order for each
 * ordering key, with message ids so that a repetition after a crash is not stored twice. Another process takes over
 * when the leader's connection ends.
 */
export class OutboxRelay {
  private stopped = false;
  private woken = false;
  private wakeUp: (() => void) | undefined;
  private running: Promise<void> | undefined;
  private readonly blocked = new Map<string, { until: number; backoffMs: number }>();
  /** True while this process holds the lock. */
  leading = false;

  constructor(private readonly options: RelayOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Says that a commit in this process wrote something. */
  wake(): void {
    this.woken = true;
    this.wakeUp?.();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const client = new pg.Client({
        ...clientConfig(this.options.url, this.options.schema),
        types: { getTypeParser },
      });
      client.on('error', () => this.wake());
      client.on('notification', () => this.wake());
      try {
        await client.connect();
        await this.serve(client);
      } catch (error) {
        if (!this.stopped) this.options.onError?.(error);
      }
      this.leading = false;
      await client.end().catch(() => undefined);
      if (!this.stopped) await this.pause(standbyMs);
    }
  }

  private async serve(client: pg.Client): Promise<void> {
    const lock = [`sallyport.outbox.${this.options.schema}`];
    while (!this.stopped) {
      const { rows } = await client.query(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as taken',
        lock,
      );
      if (rows[0].taken) break;
      await this.pause(standbyMs);
    }
    if (this.stopped) return;
    this.leading = true;
    await client.query(`listen ${client.escapeIdentifier(outboxChannel(this.options.schema))}`);
    let tidiedAt = 0;
    while (!this.stopped) {
      this.woken = false;
      const more = await this.relayBatch(client);
      if (Date.now() - tidiedAt > 60_000) {
        tidiedAt = Date.now();
        await client.query(
          `delete from outbox where sent_at < now() - interval '${keepSentMinutes} minutes'`,
        );
      }
      if (!more) await this.pause(pollMs);
    }
  }

  /** Publishes one batch. True where there may be more at once. */
  private async relayBatch(client: pg.Client): Promise<boolean> {
    const { rows } = await client.query<OutboxRow>(
      `select id, ordering_key, kind, target, message_id, headers, payload from outbox
       where sent_at is null and ordering_key <> all($1) order by id limit ${batchSize}`,
      [this.blockedKeys(Date.now())],
    );
    if (rows.length === 0) return false;
    const byKey = new Map<string, OutboxRow[]>();
    for (const row of rows) byKey.set(row.ordering_key, [...(byKey.get(row.ordering_key) ?? []), row]);
    const sent = (await Promise.all([...byKey.values()].map((list) => this.relayInOrder(list)))).flat();
    if (sent.length > 0) {
      await client.query('update outbox set sent_at = now() where id = any($1)', [sent]);
      this.options.onSent?.(sent.length);
    }
    return rows.length === batchSize || this.woken;
  }

  /** Publishes one key's messages one after the other; stops at the first that is not taken. */
  private async relayInOrder(rows: readonly OutboxRow[]): Promise<number[]> {
    const sent: number[] = [];
    for (const row of rows) {
      try {
        await this.say(row);
        sent.push(row.id);
        this.blocked.delete(row.ordering_key);
      } catch (error) {
        const backoffMs = Math.min((this.blocked.get(row.ordering_key)?.backoffMs ?? 125) * 2, maxBackoffMs);
        this.blocked.set(row.ordering_key, { until: Date.now() + backoffMs, backoffMs });
        this.options.onError?.(error);
        break;
      }
    }
    return sent;
  }

  private async say(row: OutboxRow): Promise<void> {
    const { bus } = this.options;
    if (row.kind === 'event') {
      const headers = row.headers ? { headers: row.headers } : {};
      await bus.publish(row.target, row.payload, { messageId: row.message_id, ...headers });
      return;
    }
    const bucket = await bus.bucket(row.target as BucketName);
    if (row.kind === 'put_entry') {
      await bucket.put(row.message_id, row.payload);
      return;
    }
    await bucket.create(row.message_id, row.payload).catch(async (error: unknown) => {
      if ((await bucket.get(row.message_id)) === null) throw error;
    });
  }

  private blockedKeys(now: number): string[] {
    const keys: string[] = [];
    for (const [key, { until }] of this.blocked) if (until > now) keys.push(key);
    return keys;
  }

  private pause(ms: number): Promise<void> {
    if (this.woken && !this.stopped && this.leading) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const self = this;
      function done(): void {
        clearTimeout(timer);
        self.wakeUp = undefined;
        resolve();
      }
      this.wakeUp = done;
    });
  }
}

/** `bigint` ids as numbers; everything else as `pg` reads it. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text');
}
