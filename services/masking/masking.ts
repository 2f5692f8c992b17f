import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ActiveConfig, BlockList, LOGGER, Readiness } from '#boot';
import type { Logger } from '#telemetry';
import { isFrozen } from './running/admit.ts';
import { Cancellations } from './running/cancellations.ts';
import { Connections } from './running/connections.ts';
import { RunsSeen } from './running/runs-seen.ts';

/** What changes a release's fate from outside while it runs. */
@Injectable()
export class Watches {
  constructor(
    readonly cancellations: Cancellations,
    readonly frozen: BlockList,
    readonly runs: RunsSeen,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Whatever follows a run finds out by itself what is missed here. */
  startRuns(): Promise<void> {
    return this.runs.start((err) => this.logger.warn({ err }, 'watch of runs interrupted'));
  }
}

/** Running calls get so long to end when the service stops. */
const drainMs = 12_000;

/** Opens and closes the service's listeners, in order. */
@Injectable()
export class Masking implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly config: ActiveConfig,
    private readonly connections: Connections,
    private readonly watches: Watches,
    readiness: Readiness,
  ) {
    readiness.add('connections', () => connections.isReady);
    watches.frozen.report(readiness);
  }

  async onApplicationBootstrap(): Promise<void> {
    const { cancellations, frozen } = this.watches;
    await this.watches.startRuns();
    await frozen.start({ onChange: () => cancellations.abortFrozen((head) => isFrozen(frozen, head)) });
    cancellations.start();
    // What came before it is known what is frozen waits in the log.
    void frozen.known.then(() =>
      this.config.onChange(({ document }) => void this.connections.follow(document.connections)),
    );
  }

  async onModuleDestroy(): Promise<void> {
    const { cancellations, frozen } = this.watches;
    const drained = setTimeout(() => cancellations.abortAll('shutdown'), drainMs);
    await this.connections.stop();
    clearTimeout(drained);
    this.watches.runs.close();
    cancellations.close();
    frozen.close();
  }
}
