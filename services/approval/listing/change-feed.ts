import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { defer, finalize, interval, map, merge, Observable, Subject, takeUntil, timer } from 'rxjs';
import { CodedError } from '#contracts';
import { type DatabaseOptions, databaseOptions, listenTo } from '#database';
import { decides, type Reader, readsAll } from './access.ts';
import { Announcement, feedChannel } from './feed.ts';

/** One server-sent event. */
export interface FeedEvent {
  type: 'changed' | 'missed' | 'ping';
  data: object;
}

const pingMs = 15_000;
const maxReaders = 1000;

/** Tells readers of changes, wherever in the service they were made. */
@Injectable()
export class ChangeFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly changes = new Subject<Announcement>();
  /** The line to the database was down: something may have been missed. */
  private readonly missed = new Subject<void>();
  private readonly closing = new Subject<void>();
  private readers = 0;
  private stop: () => Promise<void> = async () => undefined;

  constructor(@Inject(databaseOptions) private readonly options: DatabaseOptions) {}

  onApplicationBootstrap(): void {
    const { url, schema } = this.options;
    this.stop = listenTo({
      ...{ url, schema, channel: feedChannel },
      onMessage: (payload) => this.take(payload),
      onConnected: () => this.missed.next(),
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.closing.next();
    await this.stop();
  }

  /**
   * Changes of what this person may see, until their token expires; `service.overloaded` past 1,000 readers. Who asks for
   * it and leaves before it is followed is no reader.
   */
  events(reader: Reader, expiresAtMs: number): Observable<FeedEvent> {
    return defer(() => {
      if (this.readers >= maxReaders) {
        throw new CodedError('service.overloaded', 'Too many people follow changes here. Try again later.');
      }
      this.readers++;
      return this.follow(reader, expiresAtMs);
    });
  }

  private follow(reader: Reader, expiresAtMs: number): Observable<FeedEvent> {
    const seen = new Observable<FeedEvent>((subscriber) =>
      this.changes.subscribe(({ groups, ...data }) => {
        if (readsAll(reader) || decides(reader, { groups })) subscriber.next({ type: 'changed', data });
      }),
    );
    const missed = this.missed.pipe(map((): FeedEvent => ({ type: 'missed', data: {} })));
    const pings = interval(pingMs).pipe(map((): FeedEvent => ({ type: 'ping', data: {} })));
    return merge(seen, missed, pings).pipe(
      takeUntil(merge(this.closing, timer(new Date(expiresAtMs)))),
      finalize(() => {
        this.readers--;
      }),
    );
  }

  private take(payload: string): void {
    const parsed = Announcement.safeParse(jsonOf(payload));
    if (parsed.success) this.changes.next(parsed.data);
  }
}

/** Any login of the database may say something on the channel. */
function jsonOf(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
