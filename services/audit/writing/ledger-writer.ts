import type { Bus } from '#messaging';
import type { Logger } from '#telemetry';
import type { PersonalVault } from '../personal/personal-vault.ts';
import { BatchPull } from '../receiving/batch-pull.ts';
import { EventLog } from '../receiving/event-log.ts';
import type { RetentionRule } from '../retaining/due.ts';
import { noteKeys } from '../signing/ledger-keys.ts';
import type { LedgerSigners } from '../signing/signers.ts';
import { Checkpointing } from '../storing/checkpointing.ts';
import { ledgerMetrics } from './audit-metrics.ts';
import { Progress } from './progress.ts';
import { connectWriter, tryLock, type WriterConnection } from './writer-lock.ts';
import { WritingTerm } from './writing-term.ts';

export interface WriterOptions {
  databaseUrl: string;
  schema: string;
  origin: string;
  checkpointEntries: number;
  checkpointMs: number;
  pickUpMs: number;
  /** What is dropped by age; without it nothing is. */
  retention?: () => RetentionRule | null;
}

/** `writing`: this process holds the lock; `standby`: another does; `away`: the database or the broker is. */
export type WriterRole = 'writing' | 'standby' | 'away';

const pollMs = 40;
/** Under load a poll brings more, and a transaction is worth its price. */
const busyPollMs = 150;
const busyEvents = 16;
const standbyMs = 500;
const firstRetryMs = 250;
const longestRetryMs = 2000;

/**
 * Writes the ledger for as long as the process lives: waits for the lock, writes, and begins anew after whatever went
 * wrong. Nothing is given up: an event that can't be written now stays in the log and is written later.
 */
export class LedgerWriter {
  role: WriterRole = 'away';
  /** True while polls come back full: events come faster than they are written. */
  isBusy = false;
  private term: WritingTerm | null = null;
  private stopping = false;
  private running: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;

  constructor(
    private readonly options: WriterOptions,
    private readonly bus: Bus,
    private readonly vault: PersonalVault,
    private readonly signers: LedgerSigners,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Writes what is in hand and gives the lock back. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
  }

  /** Requests under way, as the writer sees them. */
  get openRequests(): number {
    return this.term?.openRequests ?? 0;
  }

  private async run(): Promise<void> {
    for (let retryMs = firstRetryMs; !this.stopping; retryMs = Math.min(retryMs * 2, longestRetryMs)) {
      try {
        await this.serve(() => {
          retryMs = firstRetryMs;
        });
      } catch (err) {
        this.role = 'away';
        ledgerMetrics.failures.inc();
        this.logger.warn({ err }, 'the ledger is not written now');
      }
      ledgerMetrics.writer.set(0);
      if (!this.stopping) await this.pause(retryMs);
    }
  }

  private async serve(onWritten: () => void): Promise<void> {
    const connection = await connectWriter(this.options.databaseUrl, this.options.schema);
    try {
      if (await this.waitForLock(connection)) await this.write(connection, onWritten);
    } finally {
      this.term = null;
      await connection.close();
    }
  }

  private async waitForLock(connection: WriterConnection): Promise<boolean> {
    while (!this.stopping) {
      if (await tryLock(connection.client)) return true;
      this.role = 'standby';
      await this.pause(standbyMs);
    }
    return false;
  }

  private async write(connection: WriterConnection, onWritten: () => void): Promise<void> {
    const { origin, checkpointEntries: entries, checkpointMs: everyMs } = this.options;
    const { current, previous } = this.signers;
    const signers = previous === null ? [current] : [current, previous];
    const query = async (sql: string, values?: unknown[]) =>
      (await connection.client.query(sql, values)).rows;
    await noteKeys({ query }, this.signers, origin, Date.now());
    const pull = new BatchPull(this.bus);
    const progress = new Progress(this.bus);
    try {
      const term = await WritingTerm.begin(connection.client, {
        ...{ bus: this.bus, log: new EventLog(this.bus), pull, vault: this.vault },
        checkpointing: new Checkpointing(signers, { origin, entries, everyMs }, Date.now()),
        pickUpMs: this.options.pickUpMs,
        retention: { signer: current, origin, rule: this.options.retention ?? (() => null) },
        onPurged: (keptFrom) => this.logger.info({ keptFrom }, 'log purged'),
        onAlarm: (what, details) => this.logger.error({ ...details }, what),
      });
      this.term = term;
      this.role = 'writing';
      ledgerMetrics.writer.set(1);
      this.logger.info('writing the ledger');
      while (!this.stopping) {
        const startedMs = Date.now();
        const { events, isFull } = await term.step(startedMs);
        onWritten();
        this.isBusy = isFull;
        await progress.tell(term.position, startedMs);
        const everyMs = events < busyEvents ? pollMs : busyPollMs;
        if (!isFull) await this.pause(Math.max(1, everyMs - (Date.now() - startedMs)));
      }
      await term.end();
    } finally {
      this.isBusy = false;
      pull.close();
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
