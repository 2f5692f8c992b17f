import { isDeepStrictEqual } from 'node:util';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { type Connection, type PolicyDocument, requestReleased, streams } from '#contracts';
import {
  type Bus,
  EventConsumer,
  type EventMessage,
  maskingConsumer,
  maskingConsumerSpec,
  PoisonError,
  RetryConsumer,
  type Settlement,
} from '#messaging';
import type { Logger } from '#telemetry';
import type { MaskingConfig } from '../config.ts';
import type { Credentials } from '../upstream/credentials.ts';
import { Upstream } from '../upstream/upstream.ts';
import type { Listening } from './admit.ts';

const retryMs = 1000;
const retireCheckMs = 30_000;
const nsPerMs = 1_000_000;

type Handle = (message: EventMessage<typeof requestReleased>, listening: Listening) => Promise<void>;

interface ListenedConnection extends Listening {
  upstream: Upstream | undefined;
  sinceMs: number;
  slots: number;
  consumer: EventConsumer<typeof requestReleased>;
  /** When the connection left `sallyport.yaml`. */
  leftAtMs: number | undefined;
}

/**
 * One durable consumer for each connection of the active `sallyport.yaml`, so that a hung model stops nobody else. The
 * consumer's `max_ack_pending` bounds a connection's calls over all replicas.
 */
export class Connections {
  private readonly listened = new Map<string, ListenedConnection>();
  private wanted: PolicyDocument['connections'] = {};
  private working: Promise<void> = Promise.resolve();
  private manager: JetStreamManager | undefined;
  private readonly timer: NodeJS.Timeout;
  private stopped = false;
  private readonly retries: RetryConsumer;

  constructor(
    private readonly bus: Bus,
    private readonly settlement: Settlement,
    private readonly config: MaskingConfig,
    private readonly logger: Logger,
    private readonly credentials: Credentials,
    private readonly handle: Handle,
  ) {
    const everyMs = Math.min(retireCheckMs, config.retireAfterMs);
    this.timer = setInterval(() => void this.schedule(), everyMs);
    this.retries = new RetryConsumer(bus, settlement, {
      service: 'masking',
      targets: [{ event: requestReleased, handle: (message) => this.again(message) }],
    });
  }

  /** A dead letter that somebody wants run again, for a connection that is listened to. */
  private async again(message: EventMessage): Promise<void> {
    const release = message as EventMessage<typeof requestReleased>;
    const listening = this.listened.get(release.head.terms.connection);
    if (!listening) throw new PoisonError('its connection is not listened to');
    await this.handle(release, listening);
  }

  /** Takes a new set of connections. Returns at once; the consumers follow. */
  follow(connections: PolicyDocument['connections']): Promise<void> {
    this.wanted = connections;
    return this.schedule();
  }

  /** Whether every wanted connection is listened to. */
  get isReady(): boolean {
    return Object.keys(this.wanted).every((name) => this.listened.has(name));
  }

  /** Stops pulling and waits for what is in hand. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.working;
    await this.retries.stop();
    await Promise.all([...this.listened.values()].map(({ consumer }) => consumer.stop()));
    await Promise.all([...this.listened.values()].map(({ upstream }) => upstream?.close()));
  }

  private schedule(): Promise<void> {
    this.working = this.working.then(() => this.reconcile());
    return this.working;
  }

  private async reconcile(): Promise<void> {
    if (this.stopped) return;
    try {
      for (const [name, connection] of Object.entries(this.wanted)) await this.listen(name, connection);
      for (const [name, entry] of this.listened) {
        if (!Object.hasOwn(this.wanted, name)) await this.retire(name, entry, Date.now());
      }
    } catch (err) {
      this.logger.warn({ err }, 'consumers of connections are not up to date');
      if (!this.stopped) setTimeout(() => void this.schedule(), retryMs).unref();
    }
  }

  private async listen(name: string, connection: Connection): Promise<void> {
    const known = this.listened.get(name);
    const slots = Math.min(connection.concurrency, this.config.slots);
    if (known) {
      known.leftAtMs = undefined;
      if (isDeepStrictEqual(known.upstream?.connection, connection)) return;
      await this.applyConsumer(name, connection.concurrency);
      const old = known.upstream;
      known.upstream = this.open(name, connection);
      void old?.close();
      if (known.slots === slots) return;
      const { consumer } = known;
      known.slots = slots;
      known.consumer = this.consume(name, slots);
      void consumer.stop();
      return;
    }
    const sinceMs = await this.applyConsumer(name, connection.concurrency);
    const upstream = this.open(name, connection);
    const consumer = this.consume(name, slots, () => this.listened.get(name) ?? { upstream, sinceMs });
    this.listened.set(name, { upstream, sinceMs, slots, consumer, leftAtMs: undefined });
    this.logger.info({ connection: name, slots }, 'listening for releases');
  }

  private open(name: string, connection: Connection): Upstream {
    return new Upstream(name, connection, this.config.maxAnswerBytes, this.credentials);
  }

  private consume(
    name: string,
    slots: number,
    listening: () => Listening = () => this.listened.get(name) ?? { upstream: undefined, sinceMs: 0 },
  ): EventConsumer<typeof requestReleased> {
    return new EventConsumer(this.bus, this.settlement, {
      stream: streams.events,
      consumer: maskingConsumer(name),
      event: requestReleased,
      slots,
      ackWaitMs: this.config.ackWaitMs,
      handle: (message) => this.handle(message, listening()),
      onTrouble: (trouble) => this.logger.warn({ trouble }, 'consumer'),
    });
  }

  /** Makes the durable consumer or brings it up to date. Returns when it was made, ms since the epoch. */
  private async applyConsumer(name: string, concurrency: number): Promise<number> {
    this.manager ??= await jetstreamManager(this.bus.nc, { checkAPI: false });
    const { consumers } = this.manager;
    const durable = maskingConsumer(name);
    const spec = {
      ...maskingConsumerSpec(name, requestReleased.filter('*', name), concurrency),
      ack_wait: this.config.ackWaitMs * nsPerMs,
    };
    const found = await consumers.info(streams.events, durable).catch((error: { code?: number }) => {
      if (error.code === consumerNotFound) return null;
      throw error;
    });
    const info = found
      ? await consumers.update(streams.events, durable, spec)
      : await consumers.add(streams.events, spec);
    return Date.parse(info.created);
  }

  /**
   * A connection that left `sallyport.yaml` is listened to for a while: what people still release on it must come to
   * an ending. Its consumer goes once the time is over and nothing is pending.
   */
  private async retire(name: string, entry: ListenedConnection, nowMs: number): Promise<void> {
    if (entry.leftAtMs === undefined) {
      entry.leftAtMs = nowMs;
      void entry.upstream?.close();
      entry.upstream = undefined;
    }
    if (nowMs - entry.leftAtMs < this.config.retireAfterMs) return;
    this.manager ??= await jetstreamManager(this.bus.nc, { checkAPI: false });
    const durable = maskingConsumer(name);
    const { num_pending, num_ack_pending } = await this.manager.consumers.info(streams.events, durable);
    if (num_pending > 0 || num_ack_pending > 0) return;
    await entry.consumer.stop();
    await this.manager.consumers.delete(streams.events, durable);
    this.listened.delete(name);
    this.logger.info({ connection: name }, 'connection is gone, consumer removed');
  }
}

/** JetStream's error code. */
const consumerNotFound = 10014;
