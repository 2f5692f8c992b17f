import { ApprovedEntry, buckets } from '#contracts';
import { type BucketChange, type Bus, watchBucket } from '#messaging';
import type { Logger } from '#telemetry';

const sweepMs = 60_000;

/** Which conversation prefixes people approved: KV `approved`, followed, by person. */
export class ApprovedPrefixes {
  private readonly expiryByPerson = new Map<string, Map<string, number>>();
  private stopWatching: () => void = () => undefined;
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    this.stopWatching = await watchBucket(this.bus, buckets.approved, (change) => this.take(change), {
      onError: (err) => this.logger.warn({ err }, 'watch of approved prefixes interrupted'),
    });
    this.sweeper = setInterval(() => this.sweep(Date.now()), sweepMs);
    this.sweeper.unref();
  }

  close(): void {
    clearInterval(this.sweeper);
    this.stopWatching();
  }

  /** Whether anything at all is approved for a person: mostly not, and then nothing needs to be computed. */
  hasAny(subjectKey: string): boolean {
    return this.expiryByPerson.has(subjectKey);
  }

  has(key: string, nowMs: number): boolean {
    const [person = ''] = key.split('.');
    return (this.expiryByPerson.get(person)?.get(key) ?? 0) > nowMs;
  }

  /** Everything that stands for a person. */
  keysOf(subjectKey: string, nowMs: number): string[] {
    const keys = this.expiryByPerson.get(subjectKey) ?? [];
    return [...keys].flatMap(([key, expiresAt]) => (expiresAt > nowMs ? [key] : []));
  }

  private take({ key, value }: BucketChange): void {
    const [person = ''] = key.split('.');
    if (value === null) {
      this.drop(person, key);
      return;
    }
    const parsed = ApprovedEntry.safeParse(JSON.parse(Buffer.from(value).toString('utf8')));
    if (!parsed.success) return;
    const keys = this.expiryByPerson.get(person) ?? new Map<string, number>();
    keys.set(key, parsed.data.expiresAt);
    this.expiryByPerson.set(person, keys);
  }

  private drop(person: string, key: string): void {
    const keys = this.expiryByPerson.get(person);
    keys?.delete(key);
    if (keys?.size === 0) this.expiryByPerson.delete(person);
  }

  private sweep(nowMs: number): void {
    for (const [person, keys] of this.expiryByPerson) {
      for (const [key, expiresAt] of keys) if (expiresAt <= nowMs) this.drop(person, key);
    }
  }
}
