import { z } from 'zod';
import { type RoleSource, rolesOf } from '#auth';
import { buckets, configKeys, PolicyDocument, type Principal, type Role } from '#contracts';
import { type Bus, watchBucket } from '#messaging';
import { ConfigForgedError, type ConfigVerifier } from '#sealing';
import { type Logger, metrics } from '#telemetry';

/** A revision of `sallyport.yaml` as it stands in KV `config`. */
export const ActiveRevision = z.object({
  revision: z.string(),
  digest: z.string(),
  activatedAt: z.number(),
  /** The request id of the approval that people gave for it. */
  approval: z.string().optional(),
  document: PolicyDocument,
});
export type ActiveRevision = z.infer<typeof ActiveRevision>;

/** Why what stands in KV `config` was put there by somebody else than policy. */
class NotInForceError extends Error {
  override readonly name = 'NotInForceError';
}

/**
 * The revision in force, followed live. One that policy did not sign, that was activated before the one this process has,
 * or that can't be read is reported, and the last good one stays.
 */
export class ActiveConfig implements RoleSource {
  private active: ActiveRevision | undefined;
  private bytes: Uint8Array | undefined;
  private refused: string | undefined;
  private readonly listeners = new Set<(revision: ActiveRevision) => void>();
  private readonly preparations = new Set<(revision: ActiveRevision) => Promise<void>>();
  private last: Promise<void> = Promise.resolve();
  private whenForged: () => void = () => undefined;
  private stop: () => void = () => undefined;

  constructor(
    private readonly bus: Bus,
    /** Verifies what policy put into KV `config`, gateway keys too. */
    readonly verifier: ConfigVerifier,
    private readonly logger: Logger,
  ) {}

  /** Follows KV `config`. Resolves once what is there was read, also where nothing is there yet. */
  async start(): Promise<void> {
    this.stop = await watchBucket(this.bus, buckets.config, ({ value }) => this.receive(value), {
      key: configKeys.active,
      onError: (error) => this.logger.warn({ err: error }, 'config watch interrupted'),
    });
  }

  get current(): ActiveRevision | undefined {
    return this.active;
  }

  /** The one in force as policy signed it. */
  get signed(): Uint8Array | undefined {
    return this.bytes;
  }

  /** Calls back where somebody else than policy replaced or deleted what is in force. */
  onForged(listener: () => void): void {
    this.whenForged = listener;
  }

  /** What this process runs, and a newer revision that it could not use: for `/readyz`. */
  describe(): { revision?: string; refused?: string } {
    return {
      ...(this.active && { revision: this.active.revision }),
      ...(this.refused !== undefined && { refused: this.refused }),
    };
  }

  /** Calls back now, where a revision is in force, and on each new one. A listener that throws refuses it. */
  onChange(listener: (revision: ActiveRevision) => void): void {
    this.listeners.add(listener);
    if (this.active) listener(this.active);
  }

  /** Called with each new revision before it comes into force in this process, which waits for it. */
  beforeChange(prepare: (revision: ActiveRevision) => Promise<void>): void {
    this.preparations.add(prepare);
  }

  rolesOf(principal: Principal): Role[] {
    return this.active ? rolesOf(principal, this.active.document.roles) : [];
  }

  close(): void {
    this.stop();
  }

  private receive(value: Uint8Array | null): void {
    if (value === null || this.preparations.size === 0) {
      this.take(value);
      return;
    }
    this.last = this.last.then(async () => {
      await this.prepare(value).catch(ignored);
      this.take(value);
    });
  }

  private async prepare(value: Uint8Array): Promise<void> {
    const revision = ActiveRevision.parse(this.verifier.open(value));
    await Promise.all([...this.preparations].map((prepare) => prepare(revision)));
  }

  /** Where one listener refuses it, those before go back to the last good one. */
  private tell(revision: ActiveRevision): void {
    const told: ((revision: ActiveRevision) => void)[] = [];
    try {
      for (const listener of this.listeners) {
        listener(revision);
        told.push(listener);
      }
    } catch (error) {
      if (this.active) for (const listener of told) listener(this.active);
      throw error;
    }
  }

  private take(value: Uint8Array | null): void {
    let named: string | undefined;
    try {
      if (value === null) throw new NotInForceError('what was in force was deleted from KV config');
      const stored = this.verifier.open(value);
      named = String(stored.revision);
      const revision = ActiveRevision.parse(stored);
      if (this.active && revision.activatedAt < this.active.activatedAt) {
        throw new NotInForceError('an activation that was over by then stands in KV config again');
      }
      this.tell(revision);
      this.active = revision;
      this.bytes = value;
      this.refused = undefined;
      metrics.configRevision.reset();
      metrics.configRevision.set({ revision: revision.revision }, 1);
      metrics.configRefused.set(0);
      this.logger.info({ revision: revision.revision }, 'config revision in force');
    } catch (error) {
      this.refuse(error, named);
    }
  }

  private refuse(err: unknown, named = 'unknown'): void {
    this.refused = named;
    metrics.configRefused.set(1);
    this.logger.error({ err, kept: this.active?.revision }, 'config revision refused, last good one kept');
    if (!(err instanceof ConfigForgedError || err instanceof NotInForceError)) return;
    metrics.configForged.inc();
    this.whenForged();
  }
}

/** What can't be read, and a preparation that fails, show when the revision is taken. */
function ignored(): void {}
