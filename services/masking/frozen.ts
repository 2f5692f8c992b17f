import { buckets, configKeys, FrozenEntry, type RequestReleased } from '#contracts';
import { type Bus, watchBucket } from '#messaging';
import type { Logger } from '#telemetry';

/** Who and what is frozen, followed live in KV `config`. An entry that can't be read freezes everything. */
export class Frozen {
  private readonly entries = new Map<string, FrozenEntry>();
  private stop: () => void = () => undefined;

  constructor(
    private readonly bus: Bus,
    private readonly logger: Logger,
  ) {}

  /** Follows the entries; calls back after each one that is new. */
  async start(onFrozen: () => void = () => undefined): Promise<void> {
    this.stop = await watchBucket(
      this.bus,
      buckets.config,
      ({ key, value }) => {
        if (value === null) this.entries.delete(key);
        else {
          this.entries.set(key, this.read(key, value));
          onFrozen();
        }
      },
      {
        key: configKeys.allFrozen,
        onError: (err) => this.logger.warn({ err }, 'watch of frozen principals interrupted'),
      },
    );
  }

  /** Whether a request may no longer run. */
  covers(head: RequestReleased): boolean {
    if (this.entries.size === 0) return false;
    for (const entry of this.entries.values()) if (isCovered(entry, head)) return true;
    return false;
  }

  close(): void {
    this.stop();
  }

  private read(key: string, value: Uint8Array): FrozenEntry {
    try {
      return FrozenEntry.parse(JSON.parse(Buffer.from(value).toString('utf8')));
    } catch (err) {
      this.logger.error({ err, key }, 'an entry about a frozen principal can not be read');
      return { target: 'all', value: '', at: 0 };
    }
  }
}

function isCovered({ target, value }: FrozenEntry, head: RequestReleased): boolean {
  switch (target) {
    case 'all':
      return true;
    case 'connection':
      return value === head.terms.connection;
    case 'user':
      return value === head.subjectKey;
    case 'group':
      return (head.groups ?? head.context?.principal.groups)?.includes(value) ?? false;
    default:
      return target satisfies never;
  }
}
