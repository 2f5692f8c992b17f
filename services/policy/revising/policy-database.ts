import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { asMissingDependency, openDataSource } from '#database';
import { MissingDependencyError } from '#messaging';
import type { Logger } from '#telemetry';
import { CreateBlockList1760000000320 } from '../blocking/create-block-list.migration.ts';
import { CreateProposal1760000000310 } from '../proposing/create-proposal.migration.ts';
import { CreatePolicy1760000000300 } from './create-policy.migration.ts';

const retryMs = 1000;
const poolSize = 4;

/**
 * Schema `policy`, opened in the background: requests are judged while Postgres is away, only revisions wait for it.
 */
export class PolicyDatabase {
  private source: DataSource | undefined;
  private closed = false;

  constructor(
    readonly url: string | undefined,
    private readonly logger: Logger,
  ) {}

  /** Opens, however long it takes; then calls back. */
  async start(onOpen: () => Promise<void>): Promise<void> {
    const { url } = this;
    if (url === undefined) return;
    while (!this.closed) {
      try {
        this.source ??= await this.open(url);
        if (this.closed) await this.source.destroy();
        else await onOpen();
        return;
      } catch (err) {
        this.logger.warn({ err }, 'revisions wait for postgres');
        await wait(retryMs, undefined, { ref: false });
      }
    }
  }

  /** Runs SQL in one transaction. Throws `MissingDependencyError` while Postgres is away. */
  async transact<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    if (!this.source) throw new MissingDependencyError('the database of revisions is not open');
    try {
      return await this.source.transaction(work);
    } catch (error) {
      throw asMissingDependency(error);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.source?.destroy().catch(() => undefined);
  }

  private open(url: string): Promise<DataSource> {
    return openDataSource({
      ...{ url, schema: 'policy', entities: [], poolSize },
      migrations: [CreatePolicy1760000000300, CreateProposal1760000000310, CreateBlockList1760000000320],
      onWaiting: (err) => this.logger.info({ err }, 'waiting for postgres'),
    });
  }
}
