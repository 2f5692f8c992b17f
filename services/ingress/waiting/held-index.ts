import type { KV } from '@nats-io/kv';
import { buckets, callKeyPrefix, HeldEntry } from '#contracts';
import { type BucketChange, type Bus, watchBucket } from '#messaging';
import type { SubjectNames } from '#sealing';
import type { Logger } from '#telemetry';

const maxAttempts = 8;
const beatPrefix = 'alive.';
const beatMs = 5000;
/** A replica that did not say anything for this long holds no connection any more. */
const silentMs = 15_000;
const sweepMs = 60_000;
const indexedForMs = 3_600_000;
const mostNamesKept = 10_000;

type Listener = (entry: HeldEntry) => unknown;

/**
 * The index of requests that a client may come back for: KV `held`, followed by every replica, so a look-up is a map's.
 * Replicas also say there that they live.
 */
export class HeldIndex {
  private readonly entries = new Map<string, { entry: HeldEntry; revision: number }>();
  private readonly byFingerprint = new Map<string, string>();
  /** By who asked: this is looked at for every entry that is heard of. */
  private readonly subjectKeys = new Map<string, string>();
  private readonly heardAt = new Map<string, number>();
  private readonly listeners = new Set<Listener>();
  private stopWatching: () => void = () => undefined;
  private timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly names: SubjectNames,
    private readonly instance: string,
    private readonly ageMs: number,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    this.stopWatching = await watchBucket(this.bus, buckets.held, (change) => this.take(change), {
      onError: (err) => this.logger.warn({ err }, 'held index watch interrupted'),
    });
    await this.beat();
    const warn = (err: unknown) => this.logger.warn({ err }, 'this replica could not say that it lives');
    this.timers = [
      setInterval(() => void this.beat().catch(warn), beatMs),
      setInterval(() => this.sweep(Date.now()), sweepMs),
    ];
    for (const timer of this.timers) timer.unref();
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.stopWatching();
  }

  /** Entries that say this replica holds their client: after a restart none does. */
  own(): HeldEntry[] {
    const own = [...this.entries.values()].map(({ entry }) => entry);
    return own.filter((entry) => entry.instance === this.instance && entry.live);
  }

  get(requestId: string): HeldEntry | undefined {
    return this.entries.get(requestId)?.entry;
  }

  /** The newest entry of a re-send fingerprint. */
  find(fingerprint: string): HeldEntry | undefined {
    const requestId = this.byFingerprint.get(fingerprint);
    const entry = requestId === undefined ? undefined : this.get(requestId);
    return entry?.deletedAt === undefined ? entry : undefined;
  }

  /** True where a client is connected to a replica that lives. */
  isLive(entry: HeldEntry, nowMs: number): boolean {
    if (!entry.live) return false;
    if (entry.instance === this.instance) return true;
    return nowMs - (this.heardAt.get(entry.instance) ?? 0) < silentMs;
  }

  /** The entry of a request that is on its way into the index; undefined where none comes in time. */
  async wait(requestId: string, timeoutMs: number): Promise<HeldEntry | undefined> {
    const known = this.get(requestId);
    if (known) return known;
    return new Promise((resolve) => {
      const listener: Listener = (entry) => entry.requestId === requestId && end(entry);
      const end = (entry: HeldEntry | undefined): void => {
        clearTimeout(timer);
        this.listeners.delete(listener);
        resolve(entry);
      };
      const timer = setTimeout(() => end(this.get(requestId)), timeoutMs);
      this.listeners.add(listener);
    });
  }

  onChange(listener: Listener): void {
    this.listeners.add(listener);
  }

  /**
   * Writes an entry by compare-and-set. `change` gets what stands there and gives what shall, or undefined to leave
   * it; it may be called again where another replica was faster.
   */
  async write(
    requestId: string,
    change: (before: HeldEntry | undefined) => HeldEntry | undefined,
  ): Promise<void> {
    const bucket = await this.bus.bucket(buckets.held);
    for (let attempt = 1; ; attempt++) {
      const before = attempt === 1 ? this.entries.get(requestId) : await this.read(bucket, requestId);
      // What somebody else wrote there is overwritten by what is known here.
      const isForged = before !== undefined && !this.isOnesOwn(before.entry);
      const after = change(isForged ? this.get(requestId) : before?.entry);
      if (!after) return;
      const text = JSON.stringify(after);
      try {
        const revision = before
          ? await bucket.update(requestId, text, before.revision)
          : await bucket.create(requestId, text);
        this.remember(after, revision);
        return;
      } catch (error) {
        if (attempt === maxAttempts) throw error;
      }
    }
  }

  private async read(bucket: KV, requestId: string) {
    const found = await bucket.get(requestId);
    if (found?.operation !== 'PUT') return undefined;
    return { entry: HeldEntry.parse(found.json()), revision: found.revision };
  }

  private async beat(): Promise<void> {
    const bucket = await this.bus.bucket(buckets.held);
    await bucket.put(beatPrefix + this.instance, String(Date.now()));
  }

  private take({ key, value, revision }: BucketChange): void {
    if (key.startsWith(beatPrefix)) {
      this.heardAt.set(key.slice(beatPrefix.length), Date.now());
      return;
    }
    // Who has an idempotency key is read where it is asked for.
    if (key.startsWith(callKeyPrefix)) return;
    if (value === null) {
      this.forget(key);
      return;
    }
    const parsed = HeldEntry.safeParse(JSON.parse(Buffer.from(value).toString('utf8')));
    if (!parsed.success || parsed.data.requestId !== key || !this.isOnesOwn(parsed.data)) {
      this.logger.error({ key }, 'an entry of the held index breaks its contract');
      return;
    }
    if ((this.entries.get(key)?.revision ?? 0) < revision) this.remember(parsed.data, revision);
    for (const listener of this.listeners) listener(parsed.data);
  }

  /** Whose content an entry opens is who it says has asked: else somebody else than ingress wrote it. */
  private isOnesOwn({ issuer, subject, subjectKey }: HeldEntry): boolean {
    const who = `${issuer}\n${subject}`;
    const known = this.subjectKeys.get(who) ?? this.names.of({ issuer, subject });
    if (this.subjectKeys.size >= mostNamesKept) this.subjectKeys.clear();
    this.subjectKeys.set(who, known);
    return known === subjectKey;
  }

  private remember(entry: HeldEntry, revision: number): void {
    this.entries.set(entry.requestId, { entry, revision });
    const known = this.find(entry.fingerprint);
    if (!known || known.receivedAt <= entry.receivedAt) {
      this.byFingerprint.set(entry.fingerprint, entry.requestId);
    }
  }

  private forget(requestId: string): void {
    const known = this.entries.get(requestId);
    if (!known) return;
    this.entries.delete(requestId);
    if (this.byFingerprint.get(known.entry.fingerprint) === requestId) {
      this.byFingerprint.delete(known.entry.fingerprint);
    }
  }

  /** The bucket drops old entries without a word; so does this. */
  private sweep(nowMs: number): void {
    for (const [requestId, { entry }] of this.entries) {
      if (nowMs - Math.max(entry.receivedAt, entry.completedAt ?? 0) > this.ageMs) this.forget(requestId);
    }
  }
}

/** The index entry of a request that is not in the index yet. */
export function runningEntry(
  seed: Omit<HeldEntry, 'state' | 'live' | 'rules' | 'groups' | 'expiresAt' | 'stream'>,
): HeldEntry {
  // Written out, not spread: this runs for every request.
  return {
    requestId: seed.requestId,
    fingerprint: seed.fingerprint,
    issuer: seed.issuer,
    subject: seed.subject,
    person: seed.person,
    key: seed.key,
    subjectKey: seed.subjectKey,
    protocol: seed.protocol,
    instance: seed.instance,
    bodyDigest: seed.bodyDigest,
    destination: seed.destination,
    receivedAt: seed.receivedAt,
    sinceSequence: seed.sinceSequence,
    state: 'running',
    live: true,
    stream: false,
    rules: [],
    groups: [],
    expiresAt: seed.receivedAt + indexedForMs,
  };
}
