import { buckets, RunEntry } from '#contracts';
import { type BucketChange, type Bus, watchBucket } from '#messaging';

/** An entry with its revision in the bucket. */
export interface SeenRun {
  readonly entry: RunEntry;
  readonly revision: number;
}

/** Bounds memory: the latest are kept. Who asks for another one reads it. */
const mostKept = 2000;

/**
 * Hears what is written to KV `runs`, so that a claim usually needs no reading before it is written. What is kept here may
 * be out of date, which a compare-and-set finds out.
 */
export class RunsSeen {
  private readonly kept = new Map<string, SeenRun>();
  private readonly followers = new Map<string, (seen: SeenRun) => void>();
  private stop: () => void = () => undefined;

  constructor(private readonly bus: Bus) {}

  async start(onError: (error: unknown) => void): Promise<void> {
    this.stop = await watchBucket(this.bus, buckets.runs, (change) => this.onChange(change), {
      fromNow: true,
      onError,
    });
  }

  close(): void {
    this.stop();
  }

  /** The last that was heard of a run. */
  of(key: string): SeenRun | undefined {
    return this.kept.get(key);
  }

  /** Calls back for whatever is heard of one run from now on. Returns the function that stops it. */
  follow(key: string, onChange: (seen: SeenRun) => void): () => void {
    this.followers.set(key, onChange);
    return () => {
      if (this.followers.get(key) === onChange) this.followers.delete(key);
    };
  }

  private onChange({ key, value, revision }: BucketChange): void {
    const entry = value === null ? undefined : parsed(value);
    this.kept.delete(key);
    if (!entry) return;
    const seen = { entry, revision };
    this.kept.set(key, seen);
    if (this.kept.size > mostKept) this.kept.delete(this.kept.keys().next().value ?? '');
    this.followers.get(key)?.(seen);
  }
}

function parsed(value: Uint8Array): RunEntry | undefined {
  try {
    return RunEntry.parse(JSON.parse(Buffer.from(value).toString('utf8')));
  } catch {
    return undefined;
  }
}
