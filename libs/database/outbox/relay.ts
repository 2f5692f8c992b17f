import pg from 'pg';
import type { Bus } from '#messaging';
import { clientConfig } from '../data-source.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import { type Committed, type OutboxRow, outboxChannel } from './outbox.ts';
import { sayInOrder } from './saying.ts';

export interface RelayOptions {
  url: string;
  schema: string;
  bus: Bus;
  onError?: (error: unknown) => void;
}

/** Bounds memory: so many rows are read at once, each at most a message's size. */
const batchSize = 64;
/** So many that commits handed over may be under way or unmarked; the rest is read from the table. */
const mostHanded = 512;
const pollMs = 1000;
const standbyMs = 1000;
/** What was published is marked so much later, together: a crash before that repeats it under the same message ids. */
const markAfterMs = 50;
const keepSentMinutes = 10;
const maxBackoffMs = 5000;

/**
 * Publishes what transactions wrote into the outbox: by one process at a time (advisory lock), in order for each
 * ordering key, with message ids so that a repetition after a crash is not stored twice. Another process takes over
 * when the leader's connection ends. What the leader's own process commits it publishes without reading it back.
 */
export class OutboxRelay {
  private stopped = false;
  private woken = false;
  private wakeUp: (() => void) | undefined;
  private running: Promise<void> | undefined;
  private ownOrigin: string | undefined;
  private markTimer: NodeJS.Timeout | undefined;
  private readonly blocked = new Map<string, { until: number; backoffMs: number }>();
  /** Keys with messages on their way: nothing else of them is said meanwhile. */
  private readonly underWay = new Map<string, Promise<void>>();
  /** Rows that commits handed over and that aren't marked as sent yet. */
  private readonly handed = new Set<number>();
  /** Published, and to be marked. */
  private readonly sent = new Set<number>();
  /** Keys that more was committed for while they were under way. */
  private readonly postponed = new Set<string>();
  /** True while this process holds the lock. */
  leading = false;

  constructor(private readonly options: RelayOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Takes what a unit of work commits as soon as it does. */
  follow(unit: Pick<UnitOfWork, 'origin' | 'onCommit'>): void {
    this.ownOrigin = unit.origin;
    unit.onCommit((committed) => this.take(committed));
  }

  /** Says that there is something in the table. */
  wake(): void {
    this.woken = true;
    this.wakeUp?.();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
  }

  /**
   * Publishes what a commit in this process wrote; where something else has to go first, the table's reader does.
   * Resolves once it is published, or not now.
   */
  private take({ rows, earlier }: Committed): Promise<void> | undefined {
    // Another process leads, and the database tells it.
    if (!this.leading || this.stopped) return undefined;
    const now = Date.now();
    const isFree = ({ ordering_key: key }: OutboxRow): boolean =>
      !this.underWay.has(key) && (this.blocked.get(key)?.until ?? 0) <= now;
    const fits = this.handed.size + rows.length <= mostHanded;
    if (!fits || !earlier.every((id) => this.sent.has(id)) || !rows.every(isFree)) {
      for (const { ordering_key: key } of rows) if (this.underWay.has(key)) this.postponed.add(key);
      this.wake();
      return undefined;
    }
    for (const { id } of rows) this.handed.add(id);
    return Promise.all([...byKey(rows).values()].map((list) => this.relayKey(list))).then(() => undefined);
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const client = new pg.Client({
        ...clientConfig(this.options.url, this.options.schema),
        types: { getTypeParser },
      });
      client.on('error', () => this.wake());
      client.on('notification', ({ payload }) => {
        if (payload !== this.ownOrigin) this.wake();
      });
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
    await client.query(`listen ${client.escapeIdentifier(outboxChannel(this.options.schema))}`);
    this.leading = true;
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
    await Promise.all(this.underWay.values());
    await this.markAndRead(client, 0);
  }

  /** Publishes one batch from the table. True where there may be more at once. */
  private async relayBatch(client: pg.Client): Promise<boolean> {
    const found = await this.markAndRead(client, batchSize);
    // What a commit handed over meanwhile is under way already.
    const rows = found.filter(({ id, ordering_key: key }) => !this.handed.has(id) && !this.underWay.has(key));
    await Promise.all([...byKey(rows).values()].map((list) => this.relayKey(list)));
    return found.length === batchSize || this.woken;
  }

  /** Marks what was published, and reads what waits: one statement, one commit. */
  private async markAndRead(client: pg.Client, limit: number): Promise<OutboxRow[]> {
    clearTimeout(this.markTimer);
    this.markTimer = undefined;
    const marking = [...this.sent];
    const busy = [...this.blockedKeys(Date.now()), ...this.underWay.keys()];
    const marked =
      marking.length === 0 ? '' : 'with marked as (update outbox set sent_at = now() where id = any($2))';
    const { rows } = await client.query<OutboxRow>(
      `${marked} select id, ordering_key, kind, target, message_id, headers, payload, alongside from outbox
       where sent_at is null and ordering_key <> all($1) and id <> all($2::bigint[]) order by id limit ${limit}`,
      [busy, marking],
    );
    for (const id of marking) {
      this.sent.delete(id);
      this.handed.delete(id);
    }
    return rows;
  }

  /** Publishes one key's messages; those behind one that isn't taken wait with it. */
  private relayKey(rows: readonly OutboxRow[]): Promise<void> {
    const key = rows[0]?.ordering_key ?? '';
    const work = sayInOrder(this.options.bus, rows).then(({ said, error }) => {
      this.underWay.delete(key);
      for (const id of said) this.sent.add(id);
      if (error === undefined) this.blocked.delete(key);
      else {
        const backoffMs = Math.min((this.blocked.get(key)?.backoffMs ?? 125) * 2, maxBackoffMs);
        this.blocked.set(key, { until: Date.now() + backoffMs, backoffMs });
        for (const { id } of rows) if (!this.sent.has(id)) this.handed.delete(id);
        this.options.onError?.(error);
      }
      if (this.postponed.delete(key)) this.wake();
      else if (said.length > 0) this.markTimer ??= setTimeout(() => this.wake(), markAfterMs);
    });
    this.underWay.set(key, work);
    return work;
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

function byKey(rows: readonly OutboxRow[]): Map<string, OutboxRow[]> {
  const lists = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const list = lists.get(row.ordering_key);
    if (list) list.push(row);
    else lists.set(row.ordering_key, [row]);
  }
  return lists;
}

/** `bigint` ids as numbers; everything else as `pg` reads it. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text');
}
