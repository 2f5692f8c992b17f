import { buckets, configKeys, FrozenEntry } from '#contracts';
import { type Bus, watchBucket } from '#messaging';
import type { Logger } from '#telemetry';

/** What a frozen entry is compared with. */
export interface FreezableRequest {
  subjectKey: string;
  groups: readonly string[];
  connection: string | null;
}

/** What is frozen, followed live in KV `config`. An entry that can't be read freezes everything. */
export class FrozenList {
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

  get isEmpty(): boolean {
    return this.entries.size === 0;
  }

  /** Whether a request's connection makes a difference. */
  get namesConnections(): boolean {
    return [...this.entries.values()].some(({ target }) => target === 'connection');
  }

  /** Oldest first. */
  list(): FrozenEntry[] {
    return [...this.entries.values()].sort((a, b) => a.at - b.at);
  }

  covers(request: FreezableRequest): boolean {
    for (const entry of this.entries.values()) if (isCovered(entry, request)) return true;
    return false;
  }

  close(): void {
    this.stop();
  }

  private read(key: string, value: Uint8Array): FrozenEntry {
    try {
      return FrozenEntry.parse(JSON.parse(Buffer.from(value).toString('utf8')));
    } catch (err) {
      this.logger.error({ err, key }, 'an entry about something frozen can not be read');
      return { target: 'all', value: '', at: 0 };
    }
  }
}

function isCovered({ target, value }: FrozenEntry, request: FreezableRequest): boolean {
  switch (target) {
    case 'all':
      return true;
    case 'connection':
      return value === request.connection;
    case 'user':
      return value === request.subjectKey;
    case 'group':
      return request.groups.includes(value);
    default:
      return target satisfies never;
  }
}
