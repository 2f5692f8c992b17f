import type { Msg } from '@nats-io/nats-core';
import {
  buckets,
  encodeEnvelope,
  frameSubject,
  type HeldEntry,
  liveFrameFilter,
  requestCancelled,
  requestCompleted,
  streams,
} from '#contracts';
import type { Bus } from '#messaging';
import { type Logger, metrics } from '#telemetry';
import { type Completion, readCompletion } from './completion.ts';
import { CompletionLog } from './completion-log.ts';
import type { HeldIndex } from './held-index.ts';
import { Turns } from './turns.ts';
import type { Waiter } from './waiter.ts';

/** After this long a call enters the index, so that its client may come back for it. */
const indexAfterMs = 30_000;
const tickMs = 1000;
/** Thousands of clients that leave at once, behind one proxy say, must not hold up those who stay. */
const notesAtOnce = 64;

/** What is known of a request that waits here, besides its client. */
export interface WaitingEntry {
  waiter: Waiter;
  /** What the index would say of it. */
  entry: HeldEntry;
  indexed: boolean;
  comforted: boolean;
  stopListening?: () => void;
}

/**
 * The clients that wait on this replica. Answers come on this replica's own subjects, live; those of parked requests
 * come through the held index, so any replica can deliver them. After a reconnect the log is replayed from the last
 * sequence heard.
 */
export class WaitingRoom {
  private readonly waiting = new Map<string, WaitingEntry>();
  private lastHeard = 0;
  /** Its headers say its sequence; they are only read after a reconnect. */
  private lastMessage: Msg | undefined;
  private stops: (() => void)[] = [];
  private readonly notes = new Turns(notesAtOnce);
  private readonly completions: CompletionLog;

  constructor(
    private readonly bus: Bus,
    private readonly held: HeldIndex,
    private readonly instance: string,
    private readonly logger: Logger,
  ) {
    this.completions = new CompletionLog(bus, held);
  }

  start(): void {
    const filter = requestCompleted.liveFilter(this.instance);
    const ticker = setInterval(() => this.tick(Date.now()), tickMs);
    this.stops = [
      this.bus.listen(filter, (message) => {
        this.lastMessage = message;
        this.onCompleted(message.data);
      }),
      this.bus.listen(liveFrameFilter(this.instance), (message) => {
        const requestId = message.subject.slice(message.subject.lastIndexOf('.') + 1);
        this.waiting.get(requestId)?.waiter.frame(message.data);
      }),
      this.bus.onReconnect(
        () => void this.replay().catch((err) => this.logger.error({ err }, 'replay failed')),
      ),
      () => clearInterval(ticker),
    ];
    this.held.onChange((entry) => this.onIndexed(entry));
  }

  close(): void {
    for (const stop of this.stops) stop();
    for (const { waiter } of this.waiting.values()) waiter.close();
  }

  get size(): number {
    return this.waiting.size;
  }

  has(requestId: string): boolean {
    return this.waiting.has(requestId);
  }

  /** A request is about to be published: its client waits here. */
  enter(entry: HeldEntry, waiter: Waiter): void {
    this.waiting.set(entry.requestId, { waiter, entry, indexed: false, comforted: false });
    metrics.waiting.set(this.waiting.size);
    waiter.client.onGone(() => this.onGone(entry.requestId, waiter));
  }

  /** A client came back: it gets everything from the first byte, whatever happened meanwhile. */
  async attach(entry: HeldEntry, waiter: Waiter): Promise<void> {
    const waitingEntry: WaitingEntry = { waiter, entry, indexed: true, comforted: false };
    this.waiting.set(entry.requestId, waitingEntry);
    metrics.waiting.set(this.waiting.size);
    waiter.client.onGone(() => this.onGone(entry.requestId, waiter));
    await this.held.write(entry.requestId, (now) => now && { ...now, live: true, instance: this.instance });
    await this.follow(waitingEntry);
    this.onIndexed(this.held.get(entry.requestId) ?? entry);
  }

  /** Where a request can't be published, its client must not wait. */
  leave(requestId: string): void {
    const waiting = this.waiting.get(requestId);
    waiting?.stopListening?.();
    waiting?.waiter.close();
    this.waiting.delete(requestId);
    metrics.waiting.set(this.waiting.size);
  }

  /** The first sequence from which this replica has to replay. */
  stored(sequence: number): void {
    if (this.lastHeard === 0) this.lastHeard = sequence;
  }

  private onCompleted(payload: Uint8Array): void {
    try {
      const completion = readCompletion(payload);
      void this.deliver(completion);
    } catch (err) {
      this.logger.error({ err }, 'a completion breaks its contract');
    }
  }

  private async deliver(completion: Completion): Promise<void> {
    const { requestId, outcome } = completion.head;
    const waiting = this.waiting.get(requestId);
    if (!waiting) return;
    await waiting.waiter.complete(completion);
    metrics.requests.inc({ outcome });
    const seconds = (Date.now() - completion.head.timings.receivedAt) / 1000;
    metrics.overhead.observe({ outcome }, seconds);
    this.leave(requestId);
  }

  private onIndexed(entry: HeldEntry): void {
    const waiting = this.waiting.get(entry.requestId);
    if (!waiting) {
      if (entry.live && entry.instance === this.instance) this.sayGone(entry.requestId);
      return;
    }
    waiting.indexed = true;
    waiting.waiter.know(entry);
    if (entry.state === 'completed') {
      void this.deliverIndexed(entry);
      return;
    }
    if (entry.state === 'parked') {
      if (waiting.entry.state !== 'parked') {
        waiting.entry = entry;
        void this.follow(waiting).catch((err) => this.logger.error({ err }, 'frames could not be followed'));
      }
      waiting.waiter.park(entry);
    }
  }

  private async deliverIndexed(entry: HeldEntry): Promise<void> {
    try {
      const completion = await this.completions.find(entry);
      if (completion) await this.deliver(completion);
    } catch (err) {
      this.logger.error({ err, requestId: entry.requestId }, 'a completion could not be read');
    }
  }

  /** Listens to a request's frames where they go elsewhere than here, and writes those that came before. */
  private async follow(waiting: WaitingEntry): Promise<void> {
    const { requestId, destination } = waiting.entry;
    // Its client left while the index was written: nobody would stop listening.
    if (this.waiting.get(requestId) !== waiting) return;
    waiting.stopListening?.();
    const subject = frameSubject(destination, requestId);
    const stops: (() => void)[] = [];
    if (destination !== this.instance) {
      stops.push(this.bus.listen(`live.${subject}`, (message) => waiting.waiter.frame(message.data)));
      if (waiting.entry.state === 'running' && destination !== 'parked') {
        stops.push(
          this.bus.listen(requestCompleted.liveFilter(destination), (message) =>
            this.onCompleted(message.data),
          ),
        );
      }
    }
    waiting.stopListening = () => {
      for (const stop of stops) stop();
    };
    for (let sequence = 1; ; ) {
      const message = await this.bus.readMessage({ sequence, subject }, streams.frames);
      if (!message) break;
      waiting.waiter.frame(message.payload);
      sequence = message.sequence + 1;
    }
    if (waiting.entry.state === 'running') await this.deliverIndexed(waiting.entry);
  }

  private onGone(requestId: string, waiter: Waiter): void {
    const waiting = this.waiting.get(requestId);
    if (waiting?.waiter !== waiter) return;
    const parked = (this.held.get(requestId) ?? waiting.entry).destination === 'parked';
    this.leave(requestId);
    if (waiting.indexed) this.sayGone(requestId);
    if (parked) return;
    const head = { requestId, reason: 'client_gone' as const, at: Date.now() };
    this.bus
      .publish(requestCancelled.subject(), encodeEnvelope(head))
      .catch((err) => this.logger.warn({ err, requestId }, 'a cancellation could not be published'));
  }

  /** Notes something in the index. */
  say(requestId: string, note: Partial<HeldEntry>): void {
    this.note(requestId, (now) => now && { ...now, ...note });
  }

  /** Notes in the index that the client of a request is gone, unless it is back by then, here or at another replica. */
  sayGone(requestId: string): void {
    this.note(requestId, (now) => {
      const isBack = this.waiting.has(requestId) || now?.instance !== this.instance;
      return now && !isBack ? { ...now, live: false } : undefined;
    });
  }

  private note(requestId: string, change: (now: HeldEntry | undefined) => HeldEntry | undefined): void {
    this.notes
      .take(() => this.held.write(requestId, change))
      .catch((err) =>
        this.logger.warn({ err, requestId, bucket: buckets.held }, 'the index could not be written'),
      );
  }

  private tick(nowMs: number): void {
    for (const waiting of this.waiting.values()) {
      const ageMs = nowMs - waiting.waiter.startedAt;
      // Where nothing came for as long as a stream may be silent, its headers go out.
      if (!waiting.comforted && ageMs >= waiting.waiter.keepAliveMs) {
        waiting.comforted = true;
        waiting.waiter.comfort();
      }
      if (ageMs >= indexAfterMs && !waiting.indexed) this.index(waiting);
    }
  }

  /** Enters a call that is still running into the index. */
  index(waiting: WaitingEntry): void {
    waiting.indexed = true;
    const { entry } = waiting;
    this.held
      .write(entry.requestId, (now) => (now ? undefined : entry))
      .catch((err) =>
        this.logger.warn({ err, requestId: entry.requestId }, 'the index could not be written'),
      );
  }

  private async replay(): Promise<void> {
    const subject = requestCompleted.subject(this.instance);
    const heard = Number(this.lastMessage?.headers?.get('Nats-Sequence') ?? 0);
    for (let sequence = Math.max(heard, this.lastHeard) + 1; ; ) {
      const message = await this.bus.readMessage({ sequence, subject });
      if (!message) return;
      this.lastHeard = Math.max(this.lastHeard, message.sequence);
      this.onCompleted(message.payload);
      sequence = message.sequence + 1;
    }
  }
}
