import { setTimeout as wait } from 'node:timers/promises';
import { BlockListEntry } from '#contracts';
import { ConfigForgedError, type ConfigVerifier } from '#sealing';
import type { Logger } from '#telemetry';
import type { PolicyDatabase } from '../revising/policy-database.ts';

const retryMs = 1000;

/** Policy's own record of the last block list, in Postgres: what stands in KV is compared with it at start. */
export class BlockListRecord {
  private wanted: Uint8Array | undefined;
  private saved: Uint8Array | undefined;
  private saving: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly database: PolicyDatabase,
    private readonly verifier: ConfigVerifier,
    private readonly logger: Logger,
  ) {}

  /** Whether there is a record at all. */
  get isUsed(): boolean {
    return this.database.url !== undefined;
  }

  /** The last list. What policy's key did not sign counts as none. Throws `MissingDependencyError`. */
  async last(): Promise<BlockListEntry | undefined> {
    const rows = await this.database.transact((manager) => manager.query('select signed from block_list'));
    const [row] = rows as { signed: Uint8Array }[];
    try {
      return row && this.read(row.signed);
    } catch (err) {
      if (!(err instanceof ConfigForgedError)) throw err;
      this.logger.error({ err }, 'policy did not sign the block list in its database');
      return undefined;
    }
  }

  /** Notes a list, in the background and however long it takes; only the newest one that waits is written. */
  save(signed: Uint8Array): void {
    if (!this.isUsed || (this.saved && Buffer.compare(this.saved, signed) === 0)) return;
    this.wanted = signed;
    this.saving ??= this.saveAll();
  }

  /** Resolves once nothing waits to be noted, or after so long. */
  async settled(timeoutMs: number): Promise<void> {
    if (this.saving) await Promise.race([this.saving, wait(timeoutMs, undefined, { ref: false })]);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.saving;
  }

  private read(signed: Uint8Array): BlockListEntry {
    return BlockListEntry.parse(this.verifier.open(signed));
  }

  private async saveAll(): Promise<void> {
    while (this.wanted && !this.closed) {
      const signed = this.wanted;
      try {
        await this.write(signed);
        this.saved = signed;
        if (this.wanted === signed) this.wanted = undefined;
      } catch (err) {
        this.logger.warn({ err }, 'the block list is not in the database yet');
        await wait(retryMs, undefined, { ref: false });
      }
    }
    this.saving = undefined;
  }

  private write(signed: Uint8Array): Promise<unknown> {
    return this.database.transact((manager) =>
      manager.query(
        `insert into block_list (changed_at, signed) values ($1, $2)
         on conflict (only_one) do update set changed_at = excluded.changed_at, signed = excluded.signed
         where block_list.changed_at < excluded.changed_at`,
        [this.read(signed).changedAt, Buffer.from(signed)],
      ),
    );
  }
}
