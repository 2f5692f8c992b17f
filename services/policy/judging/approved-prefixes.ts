import { ApprovedEntry, buckets } from '#contracts';
import { type BucketChange, type Bus, watchBucket } from '#messaging';
import type { PeopleReleaseVerifier } from '#sealing';
import type { Logger } from '#telemetry';

const sweepMs = 60_000;

interface Approved {
  readonly approvedAt: number;
  readonly expiresAt: number;
}

/** Which conversation prefixes people approved: KV `approved`, followed, by person. Only what approval signed counts. */
export class ApprovedPrefixes {
  private readonly byPerson = new Map<string, Map<string, Approved>>();
  private stopWatching: () => void = () => undefined;
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly verifier: PeopleReleaseVerifier,
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
    return this.byPerson.has(subjectKey);
  }

  has(key: string, nowMs: number): boolean {
    const [person = ''] = key.split('.');
    return (this.byPerson.get(person)?.get(key)?.expiresAt ?? 0) > nowMs;
  }

  /** Everything that stands for a person. */
  keysOf(subjectKey: string, nowMs: number): string[] {
    const keys = this.byPerson.get(subjectKey) ?? [];
    return [...keys].flatMap(([key, { expiresAt }]) => (expiresAt > nowMs ? [key] : []));
  }

  private take({ key, value }: BucketChange): void {
    const [person = ''] = key.split('.');
    if (value === null) {
      this.drop(person, key);
      return;
    }
    const entry = this.read(key, value);
    if (!entry) return;
    const keys = this.byPerson.get(person) ?? new Map<string, Approved>();
    // One that was approved before says nothing any more: a grant that ended may have come after it.
    if (entry.approvedAt < (keys.get(key)?.approvedAt ?? 0)) return;
    keys.set(key, { approvedAt: entry.approvedAt, expiresAt: entry.expiresAt });
    this.byPerson.set(person, keys);
  }

  private read(key: string, value: Uint8Array): ApprovedEntry | undefined {
    const parsed = ApprovedEntry.safeParse(jsonOf(value));
    if (parsed.success && this.verifier.verifyApproved(key, parsed.data)) return parsed.data;
    this.logger.error({ key }, 'approval did not sign that a conversation was approved');
    return undefined;
  }

  private drop(person: string, key: string): void {
    const keys = this.byPerson.get(person);
    keys?.delete(key);
    if (keys?.size === 0) this.byPerson.delete(person);
  }

  private sweep(nowMs: number): void {
    for (const [person, keys] of this.byPerson) {
      for (const [key, { expiresAt }] of keys) if (expiresAt <= nowMs) this.drop(person, key);
    }
  }
}

function jsonOf(value: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(value).toString('utf8'));
  } catch {
    return undefined;
  }
}
