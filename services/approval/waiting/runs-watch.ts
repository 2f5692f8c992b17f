import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { In } from 'typeorm';
import { LOGGER } from '#boot';
import { Gate, RunEntry } from '#contracts';
import { UnitOfWork } from '#database';
import { type BucketChange, Bus, watchBucket } from '#messaging';
import type { Logger } from '#telemetry';
import { ApprovalRequest, approvalIdOf } from '../approval-request.entity.ts';
import { carryOut } from '../deciding/carry-out.ts';
import { Judging } from '../deciding/judging.ts';

const flushMs = 100;
const retryMs = 1000;

/** Follows KV `runs`: a claimed release is running. */
@Injectable()
export class RunsWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly claimed = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private stop: () => void = () => undefined;
  private flushing: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly bus: Bus,
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const onError = (err: unknown): void => this.logger.warn({ err }, 'watch of runs interrupted');
    void watchBucket(this.bus, 'runs', (change) => this.onChange(change), { onError }).then((stop) => {
      if (this.closed) stop();
      this.stop = stop;
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    this.stop();
    clearTimeout(this.timer);
    await this.flushing;
  }

  private onChange({ key, value }: BucketChange): void {
    if (!value) return;
    const entry = RunEntry.safeParse(JSON.parse(Buffer.from(value).toString('utf8')));
    if (!entry.success || entry.data.state !== 'claimed') return;
    const [requestId = '', gate] = key.split('.');
    const parsed = Gate.safeParse(gate);
    if (!parsed.success) return;
    this.claimed.add(approvalIdOf({ requestId, gate: parsed.data }));
    this.schedule(flushMs);
  }

  private schedule(ms: number): void {
    if (this.timer || this.closed) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.flushing = this.flush();
    }, ms);
  }

  private async flush(): Promise<void> {
    const ids = [...this.claimed];
    this.claimed.clear();
    try {
      for (let from = 0; from < ids.length; from += 100) await this.markRunning(ids.slice(from, from + 100));
    } catch (err) {
      this.logger.warn({ err }, 'running releases are not marked yet');
      for (const id of ids) this.claimed.add(id);
      this.schedule(retryMs);
    }
  }

  private async markRunning(ids: string[]): Promise<void> {
    await this.unit.inTransaction(async (transaction) => {
      const approved = await transaction.manager.find(ApprovalRequest, {
        where: { id: In(ids), state: 'approved' },
        order: { id: 'ASC' },
        lock: { mode: 'pessimistic_write' },
      });
      for (const row of approved) {
        const decision = { changes: [{ kind: 'moved', state: 'running' }] } as const;
        await carryOut(transaction, row, decision, this.judging.means(Date.now()));
      }
    });
  }
}
