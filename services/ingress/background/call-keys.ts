import type { KV } from '@nats-io/kv';
import { buckets, CallKeyEntry, CodedError, callKeyPrefix } from '#contracts';
import type { Bus } from '#messaging';

/** A reservation whose request nobody knows after this long was left by a replica that died. */
const abandonedAfterMs = 60_000;
const maxAttempts = 4;

/** What a call with an idempotency key is: the first one, or a repetition of that one. */
export type Claimed =
  | { readonly kind: 'first'; readonly release: () => Promise<void> }
  | { readonly kind: 'repeated'; readonly earlier: CallKeyEntry };

/**
 * Says which call came first with an idempotency key, over all replicas: the one that created the key's entry in KV `held`.
 * Entries go with the log's age.
 */
export class CallKeys {
  constructor(private readonly bus: Bus) {}

  /**
   * Claims a key. `isKnown` says whether a claimed request came to be, and is still there. Throws `service.unavailable`
   * where others claim it all the time.
   */
  async claim(
    fingerprint: string,
    entry: CallKeyEntry,
    isKnown: (requestId: string) => boolean,
  ): Promise<Claimed> {
    const bucket = await this.bus.bucket(buckets.held);
    const key = callKeyPrefix + fingerprint;
    const text = JSON.stringify(entry);
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const there = await read(bucket, key);
      const isOver = there && entry.at - there.entry.at > abandonedAfterMs && !isKnown(there.entry.requestId);
      if (there && !isOver) return { kind: 'repeated', earlier: there.entry };
      try {
        const revision = there
          ? await bucket.update(key, text, there.revision)
          : await bucket.create(key, text);
        return { kind: 'first', release: () => bucket.delete(key, { previousSeq: revision }) };
      } catch (cause) {
        if (attempt + 1 < maxAttempts) continue;
        throw new CodedError('service.unavailable', 'The idempotency key can not be looked up. Try again.', {
          cause,
        });
      }
    }
    throw new CodedError('service.unavailable', 'The idempotency key is claimed by others. Try again.');
  }
}

async function read(bucket: KV, key: string) {
  const found = await bucket.get(key);
  if (found?.operation !== 'PUT') return undefined;
  const parsed = CallKeyEntry.safeParse(found.json());
  return parsed.success ? { entry: parsed.data, revision: found.revision } : undefined;
}
