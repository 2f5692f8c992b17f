import type pg from 'pg';
import { ledgerMetrics } from '../writing/audit-metrics.ts';
import { ensureLog, type LedgerState } from '../writing/ledger-state.ts';
import type { EventLog, LogStatus } from './event-log.ts';
import { forkName, isOfStream, lastCommon } from './forks.ts';
import type { Lost } from './incoming.ts';

/** Keeps the ledger's log id that of the stream it follows. Writes at once: nothing else may be under way. */
export class LogHistory {
  constructor(
    private readonly client: pg.ClientBase,
    private readonly state: LedgerState,
    private readonly log: EventLog,
    private readonly onAlarm: (what: string, details: object) => void,
  ) {}

  /** True where what follows can't go under the present log id: there is none yet, or the stream is another one. */
  isOther(status: LogStatus): boolean {
    const { log, sequence } = this.state;
    return log === null || !isOfStream(log.name, status.id) || status.lastSequence < sequence;
  }

  /**
   * Goes on under another log id: the first one, or, where the stream was replaced or went back, one of its own with an
   * alarm. Gives what both have in common, to be recorded as such; null where that is nothing.
   */
  async begin(status: LogStatus): Promise<Lost | null> {
    const { log } = this.state;
    if (log === null) return this.open(status.id, 0);
    const isSameStream = isOfStream(log.name, status.id);
    const common = isSameStream
      ? await lastCommon(this.client, this.state, this.log, status.lastSequence)
      : 0;
    const details = { log: log.name, from: common + 1, to: this.state.sequence };
    await this.client.query(
      `insert into incident (kind, code, log, from_sequence, to_sequence, at)
       values ('fork', $1, $2, $3, $4, $5)`,
      [isSameStream ? 'log.forked' : 'log.replaced', log.id, details.from, details.to, Date.now()],
    );
    ledgerMetrics.incidents.inc({ kind: 'fork' });
    this.onAlarm('the log parted from what is recorded of it', details);
    return this.open(forkName(log.name, status.id), common);
  }

  /** What was recorded under the last log id is not recorded again. */
  private async open(name: string, common: number): Promise<Lost | null> {
    const id = await ensureLog(this.client, name, Date.now());
    Object.assign(this.state, { log: { id, name }, sequence: 0 });
    return common > 0 ? { from: 1, to: common } : null;
  }
}
