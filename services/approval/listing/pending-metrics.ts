import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER } from '#boot';
import { UnitOfWork } from '#database';
import { type Logger, metrics } from '#telemetry';

const everyMs = 15_000;

/** Counts now and then what waits for people, for whoever watches the gateway. Every replica says the same. */
@Injectable()
export class PendingMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly unit: UnitOfWork,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const count = () =>
      void this.count(Date.now()).catch((err: unknown) =>
        this.logger.warn({ err }, 'what waits is not counted'),
      );
    this.timer = setInterval(count, everyMs);
    count();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async count(nowMs: number): Promise<void> {
    const [row] = (await this.unit.read((manager) =>
      manager.query(
        `select count(*)::int as pending, min(requested_at) as oldest
         from approval_request where state in ('pending', 'rechecking')`,
      ),
    )) as { pending: number; oldest: Date | null }[];
    metrics.approvalsPending.set(row?.pending ?? 0);
    metrics.approvalsOldest.set(row?.oldest ? Math.max(0, nowMs - row.oldest.getTime()) / 1000 : 0);
  }
}
