import { randomBytes } from 'node:crypto';
import { buckets, contentErased, decodeEnvelope, WrappedKey } from '#contracts';
import { type Bus, MissingDependencyError } from '#messaging';
import { DataKey, type KeyMark } from './data-key.ts';
import type { KeyEncryptionKey } from './key-encryption-key.ts';
import type { KeyRing } from './key-source.ts';
import { keyNames, wrapperOf } from './wrapped-keys.ts';

/** The person's data key is destroyed: what it sealed can't be read again. */
export class ContentErasedError extends Error {
  override readonly name = 'ContentErasedError';
  constructor() {
    super('the content was erased');
  }
}

/** A cached data key is asked for again after this long, ms, so an erasure takes effect everywhere within it. */
export const dataKeyCacheMs = 5000;
const maxCached = 10_000;
/** Once an erasure was heard of, the key is not cached for this long: it may be destroyed at any moment. */
const uncachedMs = 60_000;
const maxUncached = 1000;

interface CachedKey {
  key: Promise<DataKey>;
  /** The key itself once it is there. */
  ready: DataKey | null;
  until: number;
}

/** The associated data of one piece of a request's content. */
export function contentLabel(requestId: string, part: string): string {
  return `${requestId}:${part}`;
}

/**
 * Seals content with the data subject's own key, so that destroying the key erases the content wherever it went.
 * Keys live wrapped in KV `keys`; a new subject's key is made on the first `seal`.
 */
export class Sealer {
  private readonly cache = new Map<string, CachedKey>();
  /** Whose key is being destroyed, and until when that is remembered. */
  private readonly uncached = new Map<string, number>();
  private readonly stopListening: () => void;
  private readonly ring: KeyRing;

  constructor(
    private readonly bus: Bus,
    keys: KeyRing | KeyEncryptionKey,
  ) {
    this.ring = 'current' in keys ? keys : { current: keys, retired: [] };
    this.stopListening = bus.listen(contentErased.liveFilter(), (message) => {
      const parsed = contentErased.schema.safeParse(decodeEnvelope(message.data).head);
      if (parsed.success) this.onErasure(parsed.data.subjectKey);
    });
  }

  /** Seals bytes for a person. Throws `MissingDependencyError` where the key bucket can't be reached. */
  async seal(subjectKey: string, label: string, clear: Uint8Array): Promise<Buffer> {
    return (await this.dataKey(subjectKey, true)).seal(label, clear);
  }

  /**
   * Seals with the key of that mark, or without one with the person's key; makes none. Throws `ContentErasedError` where it
   * is gone, also where the person has a new one since.
   */
  async sealAs(
    mark: KeyMark | undefined,
    subjectKey: string,
    label: string,
    clear: Uint8Array,
  ): Promise<Buffer> {
    const key = await this.dataKey(subjectKey, false);
    if (mark !== undefined && !key.sealed(mark)) throw new ContentErasedError();
    return key.seal(label, clear);
  }

  /** Seals at once where the key is in hand; null where it has to be asked for (see `seal`). */
  sealNow(subjectKey: string, label: string, clear: Uint8Array): Buffer | null {
    const cached = this.cache.get(subjectKey);
    if (!cached?.ready || cached.until <= Date.now()) return null;
    return cached.ready.seal(label, clear);
  }

  /**
   * Opens sealed bytes. Throws `ContentErasedError` where the key is gone, also where the person has a new one since.
   */
  async open(subjectKey: string, label: string, sealed: Uint8Array): Promise<Buffer> {
    const key = await this.dataKey(subjectKey, false);
    if (!key.sealed(sealed)) throw new ContentErasedError();
    return key.open(label, sealed);
  }

  /** Drops a person's key from this cache: it is destroyed. Others drop it within `dataKeyCacheMs`. */
  forget(subjectKey: string): void {
    this.cache.delete(subjectKey);
  }

  close(): void {
    this.stopListening();
    this.cache.clear();
  }

  private onErasure(subjectKey: string): void {
    this.cache.delete(subjectKey);
    if (this.uncached.size >= maxUncached) this.uncached.clear();
    this.uncached.set(subjectKey, Date.now() + uncachedMs);
  }

  /** True while the key may be destroyed at any moment. */
  private isBeingErased(subjectKey: string, now: number): boolean {
    const until = this.uncached.get(subjectKey);
    if (until === undefined) return false;
    if (until > now) return true;
    this.uncached.delete(subjectKey);
    return false;
  }

  private dataKey(subjectKey: string, create: boolean): Promise<DataKey> {
    const now = Date.now();
    const cached = this.cache.get(subjectKey);
    if (cached && cached.until > now) return cached.key;
    if (this.cache.size >= maxCached) this.cache.clear();
    const key = this.fetch(subjectKey, create).then((bytes) => new DataKey(bytes));
    if (this.isBeingErased(subjectKey, now)) return key;
    const entry: CachedKey = { key, ready: null, until: now + dataKeyCacheMs };
    this.cache.set(subjectKey, entry);
    key.then(
      (ready) => {
        entry.ready = ready;
      },
      () => this.cache.delete(subjectKey),
    );
    return key;
  }

  private async fetch(subjectKey: string, create: boolean): Promise<Buffer> {
    const found = await this.read(subjectKey);
    if (found) return found;
    if (!create) throw new ContentErasedError();
    const dataKey = randomBytes(32);
    const entry: WrappedKey = {
      kek: this.ring.current.id,
      wrapped: this.ring.current.wrap(dataKey, subjectKey).toString('base64'),
      createdAt: Date.now(),
    };
    const bucket = await this.bucket();
    const created = await bucket.create(subjectKey, JSON.stringify(entry)).then(
      () => true,
      () => false,
    );
    if (created) return dataKey;
    // Another replica was first, or the bucket is away.
    const theirs = await this.read(subjectKey);
    if (!theirs) throw new MissingDependencyError('the key bucket took no new key');
    return theirs;
  }

  private async read(subjectKey: string): Promise<Buffer | null> {
    const bucket = await this.bucket();
    for (const name of keyNames(subjectKey, this.ring)) {
      const entry = await bucket.get(name).catch((error: Error) => {
        throw new MissingDependencyError('the key bucket is away', { cause: error });
      });
      if (entry?.operation !== 'PUT') continue;
      const stored = WrappedKey.parse(entry.json());
      return wrapperOf(stored, this.ring).unwrap(Buffer.from(stored.wrapped, 'base64'), subjectKey);
    }
    return null;
  }

  private async bucket() {
    return this.bus.bucket(buckets.keys).catch((error: Error) => {
      throw new MissingDependencyError('the key bucket is away', { cause: error });
    });
  }
}
