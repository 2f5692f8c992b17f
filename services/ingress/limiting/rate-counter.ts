import { setTimeout as wait } from 'node:timers/promises';
import { buckets } from '#contracts';
import { type Bus, MissingDependencyError } from '#messaging';
import { add, current, emptyEntry, type Rate, RateEntry, roomInMs, slotOf, usedIn } from './rate-window.ts';

/** A lease is at most this share of a rate, so that a replica that dies with one takes hardly anything with it. */
const leaseShare = 0.02;
const maxAttempts = 50;
const retryMs = 4;

interface Waiting {
  take(): void;
  refuse(retryAfterMs: number): void;
  fail(error: unknown): void;
}

/**
 * Counts one rate over all replicas: in KV `limits`, by compare-and-set, in small leases. A lease is good for the part
 * of the window that it was granted in; what is left of it goes back with the next one.
 */
export class RateCounter {
  private lease = { slot: -1, left: 0, size: 0 };
  private waiting: Waiting[] = [];
  private asking = false;
  private fullUntilMs = 0;
  private known: { entry: RateEntry; revision: number } | undefined;
  private readAtMs = 0;
  lastUsedMs = 0;

  constructor(
    private readonly bus: Bus,
    private readonly key: string,
    private readonly rate: Rate,
    private readonly now: () => number = Date.now,
  ) {}

  /** Takes one. Undefined where there was room, else how long to wait for some, in milliseconds. */
  async take(): Promise<number | undefined> {
    const nowMs = this.now();
    this.lastUsedMs = nowMs;
    if (this.lease.left > 0 && this.lease.slot === slotOf(this.rate, nowMs)) {
      this.lease.left--;
      return undefined;
    }
    if (nowMs < this.fullUntilMs) return this.fullUntilMs - nowMs;
    return new Promise((resolve, reject) => {
      this.waiting.push({ take: () => resolve(undefined), refuse: resolve, fail: reject });
      if (!this.asking) void this.ask();
    });
  }

  /** Gives one back that was taken a moment ago and not used. */
  putBack(): void {
    if (this.lease.slot === slotOf(this.rate, this.now())) this.lease.left++;
    else this.add(-1).catch(() => undefined);
  }

  /** What was used in the window that ends now, at most `staleMs` old; and when there is room again. */
  async look(staleMs: number): Promise<{ used: number; roomInMs: number }> {
    const nowMs = this.now();
    this.lastUsedMs = nowMs;
    if (!this.known || nowMs - this.readAtMs > staleMs) await this.read();
    const entry = current(this.known?.entry ?? emptyEntry, this.rate, nowMs);
    return { used: usedIn(entry), roomInMs: roomInMs(entry, this.rate, nowMs) };
  }

  /** Adds what was used, whether there is room or not. */
  async add(amount: number): Promise<void> {
    await this.change((entry, nowMs) => add(entry, slotOf(this.rate, nowMs), amount));
  }

  /** Gives back what is left of a lease that is over; `evenGood`: also of one that isn't. */
  async release(evenGood: boolean): Promise<void> {
    const { slot, left } = this.lease;
    if (left === 0 || (!evenGood && slot === slotOf(this.rate, this.now()))) return;
    this.lease = { slot: -1, left: 0, size: 0 };
    if (left > 0) await this.change((entry) => add(entry, slot, -left));
  }

  private async ask(): Promise<void> {
    this.asking = true;
    try {
      while (this.waiting.length > 0) await this.askOnce();
    } catch (error) {
      for (const one of this.waiting.splice(0)) one.fail(error);
    } finally {
      this.asking = false;
    }
  }

  private async askOnce(): Promise<void> {
    const asked = this.waiting.length;
    const old = this.lease;
    this.lease = { ...old, left: 0 };
    let granted = 0;
    let grown = 0;
    let freeInMs = 0;
    let slot = 0;
    await this.change((entry, nowMs) => {
      slot = slotOf(this.rate, nowMs);
      const returned = old.left > 0 ? add(entry, old.slot, -old.left) : entry;
      const room = Math.max(0, this.rate.count - usedIn(returned));
      grown = slot === old.slot ? old.size * 2 : 1;
      const most = Math.max(1, Math.floor(this.rate.count * leaseShare));
      granted = Math.min(room, Math.max(asked, Math.min(grown, most)));
      freeInMs = roomInMs(returned, this.rate, nowMs);
      return granted === 0 ? returned : add(returned, slot, granted);
    });
    const served = this.waiting.splice(0, Math.min(asked, granted));
    this.lease = { slot, left: granted - served.length, size: Math.max(1, grown) };
    for (const one of served) one.take();
    if (served.length === asked) return;
    this.fullUntilMs = this.now() + freeInMs;
    for (const one of this.waiting.splice(0)) one.refuse(freeInMs);
  }

  private async change(make: (entry: RateEntry, nowMs: number) => RateEntry): Promise<void> {
    const bucket = await this.bus.bucket(buckets.limits);
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      if (!this.known) await this.read();
      const { entry, revision } = this.known ?? { entry: emptyEntry, revision: 0 };
      const nowMs = this.now();
      const next = make(current(entry, this.rate, nowMs), nowMs);
      if (JSON.stringify(next) === JSON.stringify(entry)) return;
      try {
        const text = JSON.stringify(next);
        const stored = await (revision === 0
          ? bucket.create(this.key, text)
          : bucket.update(this.key, text, revision));
        this.known = { entry: next, revision: stored };
        this.readAtMs = nowMs;
        return;
      } catch (error) {
        this.known = undefined;
        if (!isConflict(error)) throw new MissingDependencyError('limits are away', { cause: error });
        await wait(Math.random() * retryMs * Math.min(8, attempt + 1));
      }
    }
    throw new MissingDependencyError('a limit is changed by too many at once');
  }

  private async read(): Promise<void> {
    const bucket = await this.bus.bucket(buckets.limits);
    const found = await bucket.get(this.key);
    this.readAtMs = this.now();
    const isThere = found?.operation === 'PUT';
    const parsed = isThere ? RateEntry.safeParse(found.json()) : undefined;
    const entry = parsed?.success ? parsed.data : emptyEntry;
    this.known = isThere ? { entry, revision: found.revision } : undefined;
  }
}

/** Another replica was first (JetStream error 10071, or 10164 where the last sequence is unknown). */
function isConflict(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 10071 || code === 10164 || /wrong last sequence/i.test(String((error as Error).message));
}
