import { createHash } from 'node:crypto';
import { ActiveConfig, BlockList } from '#boot';
import {
  CodedError,
  type Connection,
  decodeEnvelope,
  type RequestContext,
  type RequestReceived,
  requestCompleted,
} from '#contracts';
import { type Bus, MissingDependencyError } from '#messaging';
import { type CompiledLimits, compileLimits, limitsFor, type RateLimit, resolveConnection } from '#rules';
import type { Logger } from '#telemetry';
import { namedModel } from './named-model.ts';
import { RateCounter } from './rate-counter.ts';

/** A limit is reached; the request was not published. */
export class TooManyError extends CodedError {
  constructor(
    readonly retryAfterMs: number,
    message: string,
  ) {
    super('request.too_many', message);
  }
}

const sweepMs = 1000;
const idleMs = 60_000;
const maxCounters = 50_000;
const maxCharged = 100_000;
const bytesPerToken = 4;
/** Token counts this old are good enough: they are only known after an answer anyway. */
const staleMs = 500;

type Connections = ReadonlyMap<string, Connection>;

/**
 * What a new request passes before it is published: nothing of it is frozen, and every limit has room. Without limits
 * and freezes this is two comparisons. Re-sends and re-attached clients don't pass here: they are no new requests.
 */
export class Turnstile {
  private limits: CompiledLimits | undefined;
  private connections: Connections = new Map();
  private readonly counters = new Map<string, RateCounter>();
  /** Whom the tokens of a request are charged to once it is answered. */
  private readonly charged = new Map<string, { limits: readonly RateLimit[]; bodyBytes: number }>();
  private listening: (() => void)[] = [];
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly frozen: BlockList,
    config: ActiveConfig,
    private readonly instance: string,
    private readonly logger: Logger,
  ) {
    config.onChange(({ document }) => {
      this.limits = compileLimits(document);
      this.connections = new Map(Object.entries(document.connections).sort(([a], [b]) => (a < b ? -1 : 1)));
      if (this.limits?.countsTokens) this.listen();
    });
  }

  start(): void {
    this.sweeper = setInterval(() => this.sweep(Date.now()), sweepMs);
    this.sweeper.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.sweeper);
    for (const stop of this.listening) stop();
    await Promise.all(
      [...this.counters.values()].map((counter) => counter.release(true).catch(() => undefined)),
    );
  }

  /** Throws `policy.frozen`, `request.too_many`, or `service.unavailable` where limits can't be counted, or nobody knows what is frozen. */
  async pass({ requestId, context }: RequestReceived, body: Uint8Array): Promise<void> {
    const { limits, frozen } = this;
    if (limits === undefined && frozen.isEmpty) return;
    const isPlaced = limits?.needsModel === true || frozen.namesConnections;
    const place = isPlaced ? this.place(context, body) : unplaced;
    const { subjectKey, principal } = context;
    if (frozen.covers({ subjectKey, groups: principal.groups, connection: place.connection })) {
      throw new CodedError('policy.frozen', 'Requests of this caller or connection are frozen.');
    }
    if (!limits) return;
    const { operation, receivedAt: now } = context;
    const found = limitsFor(limits, { principal, subjectKey, operation, now, ...place });
    if (found.length > 0) await this.count(requestId, found, body.length);
  }

  private place({ connection: path, protocol }: RequestContext, body: Uint8Array) {
    const model = namedModel(body);
    const resolved = resolveConnection({ connections: this.connections }, { model, path, protocol });
    if (resolved.kind === 'refused') return { model, connection: null, upstreamModel: null };
    const { connection, upstreamModel } = resolved;
    return { model, connection, upstreamModel };
  }

  private async count(requestId: string, limits: readonly RateLimit[], bodyBytes: number): Promise<void> {
    const taken: RateCounter[] = [];
    try {
      for (const limit of limits) {
        const counter = this.counterOf(limit);
        const waitMs = limit.unit === 'requests' ? await counter.take() : await full(counter, limit);
        if (waitMs !== undefined) throw tooMany(limit, waitMs);
        if (limit.unit === 'requests') taken.push(counter);
      }
    } catch (error) {
      for (const counter of taken) counter.putBack();
      throw error;
    }
    const tokens = limits.filter(({ unit }) => unit === 'tokens');
    if (tokens.length === 0) return;
    if (this.charged.size >= maxCharged) this.charged.delete(this.charged.keys().next().value as string);
    this.charged.set(requestId, { limits: tokens, bodyBytes });
  }

  private counterOf({ counter, count, perMs }: RateLimit): RateCounter {
    const known = this.counters.get(counter);
    if (known) return known;
    if (this.counters.size >= maxCounters) {
      throw new MissingDependencyError('more callers than can be counted at once');
    }
    const key = createHash('sha256').update(counter).digest('hex').slice(0, 40);
    const made = new RateCounter(this.bus, key, { count, perMs });
    this.counters.set(counter, made);
    return made;
  }

  /** Answers say what they cost: this replica's own, and those of its requests that were parked. */
  private listen(): void {
    if (this.listening.length > 0) return;
    this.listening = [this.instance, 'parked'].map((destination) =>
      this.bus.listen(requestCompleted.liveFilter(destination), ({ data }) => this.charge(data)),
    );
  }

  private charge(payload: Uint8Array): void {
    if (this.charged.size === 0) return;
    const { head, tail } = decodeEnvelope(payload);
    const parsed = requestCompleted.schema.safeParse(head);
    if (!parsed.success) return;
    const { requestId, usage, attempt } = parsed.data;
    const request = this.charged.get(requestId);
    if (!request) return;
    this.charged.delete(requestId);
    // A stream says what it cost only where its client asks; else its length has to do.
    const estimate = attempt > 0 ? Math.ceil((request.bodyBytes + tail.length) / bytesPerToken) : 0;
    const tokens = usage ? usage.promptTokens + usage.completionTokens : estimate;
    if (tokens === 0) return;
    for (const limit of request.limits) {
      this.counterOf(limit)
        .add(tokens)
        .catch((err) => this.logger.warn({ err, requestId }, 'tokens of an answer were not counted'));
    }
  }

  private sweep(nowMs: number): void {
    for (const [name, counter] of this.counters) {
      if (nowMs - counter.lastUsedMs > idleMs) this.counters.delete(name);
      counter.release(false).catch((err) => this.logger.warn({ err }, 'a lease was not given back'));
    }
  }
}

const unplaced = { model: null, connection: null, upstreamModel: null };

async function full(counter: RateCounter, { count }: RateLimit): Promise<number | undefined> {
  const { used, roomInMs } = await counter.look(staleMs);
  return used >= count ? roomInMs : undefined;
}

function tooMany({ rule, unit, count, perMs }: RateLimit, retryAfterMs: number): TooManyError {
  const period = { 1000: 'second', 60000: 'minute', 3600000: 'hour', 86400000: 'day' }[perMs];
  return new TooManyError(
    retryAfterMs,
    `Rule "${rule}" lets ${count} ${unit} through in a ${period ?? `${perMs} ms`}; these are used up.`,
  );
}
