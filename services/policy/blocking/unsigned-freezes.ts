import { createHash } from 'node:crypto';
import { buckets, configKeys, FrozenEntry } from '#contracts';
import type { Bus } from '#messaging';
import type { Logger } from '#telemetry';

/**
 * What a version that did not sign had frozen: it goes into the first list. One that can't be read freezes everything, as it did
 * there. Whoever could forge one could only freeze too much.
 */
export async function unsignedFreezes(bus: Bus, logger: Logger): Promise<FrozenEntry[]> {
  const bucket = await bus.bucket(buckets.config);
  const keys: string[] = [];
  for await (const key of await bucket.keys(configKeys.unsignedFreezes)) keys.push(key);
  const entries: FrozenEntry[] = [];
  for (const key of keys) {
    const found = await bucket.get(key);
    if (found?.operation !== 'PUT') continue;
    try {
      entries.push(FrozenEntry.parse(found.json()));
    } catch (err) {
      logger.error({ err, key }, 'an entry about something frozen can not be read: everything is frozen');
      entries.push({ target: 'all', value: '', at: 0 });
    }
  }
  return entries;
}

/** Removes such an entry: it is released. */
export async function forgetUnsigned(bus: Bus, { target, value }: FrozenEntry): Promise<void> {
  const digest = createHash('sha256').update(value).digest('hex').slice(0, 32);
  const key = configKeys.unsignedFreezes.replace('>', `${target}.${digest}`);
  const bucket = await bus.bucket(buckets.config);
  if ((await bucket.get(key))?.operation === 'PUT') await bucket.delete(key);
}
