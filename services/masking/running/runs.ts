import type { KV } from '@nats-io/kv';
import { buckets, RunEntry } from '#contracts';
import { type Bus, MissingDependencyError } from '#messaging';
import { type ClaimDecision, claimLeaseMs, decideClaim } from './claim.ts';
import type { RunsSeen, SeenRun } from './runs-seen.ts';

const longestWaitMs = 1000;
const renewMs = claimLeaseMs / 3;

/** The end of an attempt to claim a run. */
export type Claimed =
  | { readonly kind: 'run'; readonly claim: Claim; readonly attempt: number; readonly takesOver: boolean }
  | Extract<ClaimDecision, { kind: 'stop' | 'end' }>;

/** Claims people's releases in KV `runs`, by compare-and-set against approval and the other replicas. */
export class Runs {
  constructor(
    private readonly bus: Bus,
    private readonly me: string,
    private readonly seen: RunsSeen,
  ) {}

  /** Waits while another replica's lease lasts. Throws `MissingDependencyError` where KV is away. */
  async claim(key: string, lease: AbortSignal): Promise<Claimed> {
    const bucket = await this.bus.bucket(buckets.runs).catch(away);
    // Approval opens a run right before its release: it was heard of just now. Whatever else is heard is read.
    let known = this.seen.of(key);
    for (;;) {
      if (lease.aborted) throw new Error('lease lost while waiting for a claim');
      const found = known?.entry.state === 'open' ? known : await read(bucket, key);
      known = undefined;
      const decision = decideClaim(found?.entry, this.me, Date.now());
      if (decision.kind === 'stop' || decision.kind === 'end') return decision;
      if (decision.kind === 'wait') {
        await pause(Math.min(longestWaitMs, Math.max(10, decision.untilMs - Date.now())));
        continue;
      }
      const revision = await write(bucket, key, decision.entry, found?.revision ?? 0);
      if (revision === undefined) continue;
      const { attempt, takesOver } = decision;
      const claim = new Claim(bucket, key, this.seen, { entry: decision.entry, revision });
      return { kind: 'run', claim, attempt, takesOver };
    }
  }
}

/** A claim that this replica holds: renewed until it is finished, lost where approval revokes it. */
export class Claim {
  private readonly timer: NodeJS.Timeout;
  private onLost: (why: 'revoked' | 'lease_lost') => void = () => undefined;
  private lost: 'revoked' | 'lease_lost' | undefined;
  /** Why approval stopped the run, sealed; undefined where it didn't. */
  reason: Uint8Array | undefined;
  private busy: Promise<void> = Promise.resolve();
  private readonly unfollow: () => void;
  private entry: RunEntry;
  private revision: number;

  constructor(
    private readonly bucket: KV,
    private readonly key: string,
    seen: RunsSeen,
    claimed: SeenRun,
  ) {
    this.entry = claimed.entry;
    this.revision = claimed.revision;
    this.timer = setInterval(() => {
      this.busy = this.busy.then(() => this.renew());
    }, renewMs);
    // A stop is heard of at once. Where it isn't, the next renewal finds out.
    this.unfollow = seen.follow(key, ({ entry }) => {
      if (entry.state === 'revoked') this.lose(entry);
    });
    // It may have come before the claim's own acknowledgement.
    const last = seen.of(key);
    if (last?.entry.state === 'revoked') this.lose(last.entry);
  }

  private end(): void {
    clearInterval(this.timer);
    this.unfollow();
  }

  /** Calls back once the claim is lost. */
  whenLost(listener: (why: 'revoked' | 'lease_lost') => void): void {
    this.onLost = listener;
    if (this.lost) listener(this.lost);
  }

  /** The run has its ending. Never throws: where this can't be written the ending in the log counts. */
  async finish(): Promise<void> {
    this.end();
    await this.busy;
    if (this.lost) return;
    await write(this.bucket, this.key, { ...this.entry, state: 'finished' }, this.revision).catch(
      () => undefined,
    );
  }

  /** Gives the run back without an ending: another replica may take it over at once. Never throws. */
  async release(): Promise<void> {
    this.end();
    await this.busy;
    if (this.lost) return;
    const entry = { ...this.entry, leaseUntil: Date.now() };
    await write(this.bucket, this.key, entry, this.revision).catch(() => undefined);
  }

  private async renew(): Promise<void> {
    const entry = { ...this.entry, leaseUntil: Date.now() + claimLeaseMs };
    try {
      const revision = await write(this.bucket, this.key, entry, this.revision);
      if (revision === undefined) return this.lose((await read(this.bucket, this.key))?.entry);
      this.entry = entry;
      this.revision = revision;
    } catch {
      if ((this.entry.leaseUntil ?? 0) <= Date.now()) this.lose(undefined);
    }
  }

  private lose(now: RunEntry | undefined): void {
    this.end();
    if (this.lost) return;
    this.lost = now?.state === 'revoked' ? 'revoked' : 'lease_lost';
    if (now?.reason !== undefined) this.reason = Buffer.from(now.reason, 'base64');
    this.onLost(this.lost);
  }
}

async function read(bucket: KV, key: string): Promise<SeenRun | undefined> {
  const found = await bucket.get(key).catch(away);
  if (found?.operation !== 'PUT') return undefined;
  return { entry: RunEntry.parse(found.json()), revision: found.revision };
}

/** Writes by compare-and-set. Undefined where somebody else wrote in between. */
async function write(
  bucket: KV,
  key: string,
  entry: RunEntry,
  revision: number,
): Promise<number | undefined> {
  try {
    return await bucket.update(key, JSON.stringify(entry), revision);
  } catch (error) {
    // JetStream's "wrong last sequence".
    if ((error as { code?: number }).code === 10071) return undefined;
    if (/wrong last sequence/.test((error as Error).message)) return undefined;
    return away(error);
  }
}

function away(cause: unknown): never {
  throw new MissingDependencyError('the runs can not be reached', { cause });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
