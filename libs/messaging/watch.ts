import { type KV, type KvEntry, KvWatchInclude } from '@nats-io/kv';
import type { BucketName } from '#contracts';
import type { Bus } from './bus.ts';

/** One change of a bucket. `value` is null where the key was deleted. */
export interface BucketChange {
  key: string;
  value: Uint8Array | null;
  revision: number;
}

const retryMs = 500;

/**
 * Follows a bucket: calls back for every present value, then for every change, for as long as the process lives.
 * Resolves once the present values were delivered. After an error it starts again from the present values. With
 * `fromNow` it leaves those out, and so does not hear of what changes during an error. A change that `onChange` throws
 * over is reported to `onError`, and hides none of those behind it.
 */
export async function watchBucket(
  bus: Bus,
  name: BucketName,
  onChange: (change: BucketChange) => void,
  options: { key?: string; fromNow?: boolean; onError?: (error: unknown) => void } = {},
): Promise<() => void> {
  let stopped = false;
  let stop = (): void => undefined;
  const run = async (ready: () => void): Promise<void> => {
    const bucket = await bus.bucket(name);
    const watch = await bucket.watch({
      ...(options.key && { key: options.key }),
      ...(options.fromNow && { include: KvWatchInclude.UpdatesOnly }),
    });
    stop = () => watch.stop();
    if (options.fromNow || (await isEmpty(bucket, options.key))) ready();
    if (stopped) stop();
    for await (const entry of watch) {
      try {
        onChange(readEntry(entry));
      } catch (error) {
        options.onError?.(error);
      }
      if (entry.delta === 0) ready();
    }
  };
  const first = new Promise<void>((resolve) => {
    const loop = async (): Promise<void> => {
      while (!stopped) {
        await run(resolve).catch((error) => options.onError?.(error));
        if (!stopped) await new Promise((next) => setTimeout(next, retryMs));
      }
    };
    void loop();
  });
  await first;
  return () => {
    stopped = true;
    stop();
  };
}

function readEntry(entry: KvEntry): BucketChange {
  const gone = entry.operation !== 'PUT';
  return { key: entry.key, value: gone ? null : entry.value, revision: entry.revision };
}

/** Whether nothing is there yet: then no entry tells that the present values are over. */
async function isEmpty(bucket: KV, key: string | undefined): Promise<boolean> {
  if (key === undefined) return (await bucket.status()).values === 0;
  let count = 0;
  for await (const _ of await bucket.keys(key)) count += 1;
  return count === 0;
}
