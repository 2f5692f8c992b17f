import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { LOGGER } from '#boot';
import { UnitOfWork } from '#database';
import type { Logger } from '#telemetry';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { carryOut } from '../deciding/carry-out.ts';
import { completedEvent, stoppedEnding } from '../deciding/events.ts';
import { Judging } from '../deciding/judging.ts';
import { Grants } from '../granting/grants.ts';
import { Steps } from '../reminding/steps.ts';
import { deadlineBatch, expireMany } from './expire-many.ts';
import { Overtaken } from './overtaken.ts';
import { Runs } from './runs.ts';

const tickMs = 1000;
const batchSize = deadlineBatch;

/** Applies deadlines: requests nobody decided about in time, and releases that nothing ran in time. */
@Injectable()
export class Clock implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private tidiedAt = 0;

  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
    private readonly runs: Runs,
    private readonly grants: Grants,
    private readonly steps: Steps,
    private readonly overtaken: Overtaken,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.tick();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.running;
    clearTimeout(this.timer);
  }

  private tick(): void {
    this.running = this.apply(Date.now())
      .catch((err: unknown) => this.logger.warn({ err }, 'deadlines are not applied yet'))
      .then(() => {
        this.timer = setTimeout(() => this.tick(), tickMs);
      });
  }

  /** Applies every deadline up to `at`. Replicas share the work without waiting for each other. */
  async apply(at: number): Promise<void> {
    while ((await this.expireBatch(at)) === batchSize);
    await this.lapse(at);
    await this.endStopped(at);
    await this.overtaken.apply(at, batchSize);
    while ((await this.steps.apply(at, batchSize)) === batchSize);
    while ((await this.endGrants(at)) === batchSize);
    if (at - this.tidiedAt < 600_000) return;
    this.tidiedAt = at;
    await this.unit.read((manager) =>
      manager.query(`delete from early_end where at < now() - interval '1 day'`),
    );
  }

  /** Expires at most one batch; says how many there were. */
  expireBatch(at: number): Promise<number> {
    return this.unit.inTransaction((transaction) =>
      expireMany(transaction, this.judging, { at, limit: batchSize }),
    );
  }

  /** Ends grants whose time is over. */
  private endGrants(at: number): Promise<number> {
    return this.unit.inTransaction((transaction) => this.grants.expire(transaction, at, batchSize));
  }

  /** Ends approved requests whose release was not run until its `notAfter`. */
  private async lapse(at: number): Promise<void> {
    const due: { id: string }[] = await this.unit.read((manager) =>
      manager.query(
        `select id from approval_request where state = 'approved' and not_after <= $1
         order by not_after limit ${batchSize}`,
        [new Date(at)],
      ),
    );
    for (const { id } of due) {
      const row = await this.unit.read((manager) => this.judging.read(manager, id));
      if (row && (await this.runs.revoke(row)) === 'revoked') await this.endLapsed(row, at);
    }
  }

  /** Ends what was stopped while somebody ran it who is gone since. */
  private async endStopped(at: number): Promise<void> {
    await this.unit.inTransaction(async (transaction) => {
      const due = await transaction.manager
        .createQueryBuilder(ApprovalRequest, 'request')
        .setLock('pessimistic_write')
        .setOnLocked('skip_locked')
        .where(`request.state = 'stopped' and request.notAfter <= :at`, { at: new Date(at) })
        .limit(batchSize)
        .getMany();
      for (const row of due) {
        await carryOut(transaction, row, { changes: [{ kind: 'stop_heard' }] }, this.judging.means(at));
        const reason = await this.reasonOfStop(transaction.manager, row.id);
        transaction.publish(completedEvent(row, { ...stoppedEnding, reason }, at));
      }
    });
  }

  private async reasonOfStop(manager: EntityManager, id: string): Promise<Buffer | undefined> {
    const rows: { sealed: Buffer | null }[] = await manager.query(
      `select sealed from approval_note where approval_id = $1 and kind = 'moved' and what = 'stopped'
       order by id desc limit 1`,
      [id],
    );
    return rows[0]?.sealed ?? undefined;
  }

  private async endLapsed({ id }: ApprovalRequest, at: number): Promise<void> {
    await this.unit.inTransaction(async (transaction) => {
      const row = await this.judging.lock(transaction.manager, id);
      if (row?.state !== 'approved') return;
      const moved = { changes: [{ kind: 'moved', state: 'expired' }] } as const;
      await carryOut(transaction, row, moved, this.judging.means(at));
      const message = 'It was approved, but the model could not be reached in time.';
      transaction.publish(completedEvent(row, { outcome: 'expired', code: 'approval.expired', message }, at));
    });
  }
}
