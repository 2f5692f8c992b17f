import type pg from 'pg';
import { type Bus, MissingDependencyError } from '#messaging';
import { tracing } from '#telemetry';
import type { PersonalVault } from '../personal/personal-vault.ts';
import { isFull, purge } from '../purging/purging.ts';
import type { BatchPull, Pulled } from '../receiving/batch-pull.ts';
import { fill, orderEvents } from '../receiving/continuity.ts';
import type { EventLog, LogStatus } from '../receiving/event-log.ts';
import { showsFork } from '../receiving/forks.ts';
import type { Incoming, Lost } from '../receiving/incoming.ts';
import { LogHistory } from '../receiving/log-history.ts';
import type { RetentionParts } from '../retaining/retention.ts';
import { type Batch, type BatchRows, buildBatch } from '../storing/build-batch.ts';
import type { Checkpointing } from '../storing/checkpointing.ts';
import { CopyBuffer } from '../storing/copy-buffer.ts';
import { beginsSegment, openSegment } from '../storing/segments.ts';
import { TailIndex } from '../storing/tail-index.ts';
import { storedState, writeBatch, writeCheckpoint } from '../storing/write-batch.ts';
import { ledgerMetrics } from './audit-metrics.ts';
import { Chores } from './chores.ts';
import { type LedgerState, loadState } from './ledger-state.ts';
import { traceStored } from './trace-spans.ts';

/** What a writer works with. */
export interface WriterParts {
  bus: Bus;
  log: EventLog;
  pull: BatchPull;
  vault: PersonalVault;
  checkpointing: Checkpointing;
  /** What was published since stays in the log for those who come back for it. */
  pickUpMs: number;
  onPurged: (keptFrom: number) => void;
  retention: Omit<RetentionParts, 'bus' | 'vault'>;
  onAlarm: (what: string, details: object) => void;
}

const statusEveryMs = 2000;

/**
 * One process's time as the writer, from the lock to its loss: everything it knows was read after it got the lock,
 * and everything it writes goes over the connection that holds it. While the database takes one batch the next is
 * built: `state` is ahead of what is committed, by one batch at most.
 */
export class WritingTerm {
  private readonly tails = new TailIndex();
  /** Two are in use while events come fast: one is filled, the other is written. */
  private readonly spare: BatchRows[] = [];
  private readonly chores: Chores;
  private readonly history: LogHistory;
  private lookedAtMs = 0;
  /** The last poll came back full. */
  private isBehind = false;
  /** The last event that is committed. */
  private committed: { sequence: number; atMs: number };
  /** Asked for while the batch before it is built and written. */
  private ahead: Promise<Pulled> | null = null;
  /** What the database is doing now. */
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly client: pg.Client,
    private readonly state: LedgerState,
    private readonly parts: WriterParts,
  ) {
    const { bus, vault, retention, onAlarm } = parts;
    this.chores = new Chores(client, state, { bus, vault, retention, onAlarm });
    this.history = new LogHistory(client, state, parts.log, onAlarm);
    this.committed = { sequence: state.sequence, atMs: 0 };
  }

  /** Reads where the last writer stopped, and brings what follows the ledger up to it. */
  static async begin(client: pg.Client, parts: WriterParts): Promise<WritingTerm> {
    const term = new WritingTerm(client, await loadState(client), parts);
    await term.chores.readAgain();
    await term.checkStream(await parts.log.status());
    await term.writing;
    return term;
  }

  get position(): { sequence: number; atMs: number } {
    return this.committed;
  }

  get openRequests(): number {
    return this.chores.openRequests;
  }

  /** Polls once and stores what came. Gives how much it was, and whether there may be more at once. */
  async step(nowMs: number): Promise<{ events: number; isFull: boolean }> {
    const pulled = await (this.ahead ?? this.parts.pull.next());
    this.ahead = pulled.isFull ? this.parts.pull.next() : null;
    // Where writing fails first nobody waits for it any more.
    this.ahead?.catch(() => undefined);
    await this.store(pulled);
    const hasCaughtUp = this.isBehind && !pulled.isFull;
    this.isBehind = pulled.isFull;
    const mustLook = nowMs - this.lookedAtMs >= statusEveryMs;
    if (pulled.isFull && !mustLook) {
      if (this.chores.sessionsAreDue(nowMs)) await this.write(() => this.chores.flushSessions());
      return { events: pulled.events.length, isFull: true };
    }
    await this.writing;
    if (mustLook) await this.look(nowMs, pulled.events.length === 0);
    await this.writing;
    // Whoever looks for a session then has waited long enough.
    if (hasCaughtUp) await this.chores.flushSessions();
    await this.tidy(nowMs, false);
    return { events: pulled.events.length, isFull: pulled.isFull };
  }

  /** Writes what is still in memory. */
  async end(): Promise<void> {
    if (this.ahead !== null) await this.store(await this.ahead);
    await this.writing;
    await this.tidy(Date.now(), true);
  }

  private async store(pulled: Pulled): Promise<void> {
    if (pulled.events.length === 0) return;
    let ordered = await orderEvents(this.state.sequence, pulled.events, this.parts.log);
    if (ordered.repeated.length > 0) {
      await this.writing;
      if (await showsFork(this.client, this.state, ordered.repeated)) {
        await this.beginLog(await this.parts.log.status());
        ordered = await orderEvents(this.state.sequence, pulled.events, this.parts.log);
      }
    }
    if (ordered.items.length > 0) await this.commit(ordered.items);
    const last = pulled.events.reduce((high, { sequence }) => Math.max(high, sequence), 0);
    const { ackSubject } = pulled;
    if (ackSubject === null || last > this.state.sequence) return;
    this.afterwards(() => this.parts.pull.ack(ackSubject));
  }

  /** Builds the batch of these items at once, and hands it to the database as soon as that is free. */
  private async commit(items: readonly (Incoming | Lost)[]): Promise<void> {
    const nowMs = Date.now();
    const { log } = this.state;
    if (log === null) throw new Error('audit: no log is open');
    if (beginsSegment(this.state, items, nowMs)) {
      await this.writing;
      this.tails.clear();
      this.state.segment = await openSegment(this.client, this.state, items, nowMs);
    }
    const { segment } = this.state;
    if (segment === null) throw new Error('audit: no segment is open');
    const state = Object.assign(this.state, { log, segment });
    const rows = this.spare.pop() ?? { entries: new CopyBuffer(), contents: new CopyBuffer() };
    const batch = await buildBatch(state, items, {
      ...{ vault: this.parts.vault, forgotten: this.chores.forgotten, tails: this.tails, rows, nowMs },
      follow: (facts, size) => this.chores.follow(facts, size, nowMs),
    });
    const checkpoint = this.parts.checkpointing.due(this.state, nowMs);
    const [stored, size] = [storedState(this.state), this.state.range.size];
    const write = writeBatch(stored, batch, checkpoint);
    await this.write(async () => {
      await write(this.client);
      if (tracing) traceStored(items, Date.now());
      this.onWritten(batch, items.length, size);
    });
  }

  private onWritten(batch: Batch, count: number, size: number): void {
    const { rows, sequence, atMs } = batch;
    rows.entries.clear();
    rows.contents.clear();
    this.spare.push(rows);
    if (batch.waiting.length > 0) this.chores.mustKeep();
    this.committed = { sequence, atMs };
    for (const { kind, ...details } of batch.incidents) {
      ledgerMetrics.incidents.inc({ kind });
      if (kind === 'gap') this.parts.onAlarm('the log lost events', details);
    }
    ledgerMetrics.entries.inc(count);
    ledgerMetrics.size.set(size);
  }

  /** Waits for what the database is doing, and begins with this. */
  private async write(work: () => Promise<void>): Promise<void> {
    await this.writing;
    this.writing = work();
    // Whoever writes next, or ends the term, learns of the failure.
    this.writing.catch(() => undefined);
  }

  /** Does something once the database has done what it is doing; nobody waits. */
  private afterwards(work: () => void): void {
    this.writing = this.writing.then(work);
    this.writing.catch(() => undefined);
  }

  /** Compares the ledger with the stream: is it the same, and does the consumer hold anything back? */
  private async look(nowMs: number, isIdle: boolean): Promise<void> {
    this.lookedAtMs = nowMs;
    const status = await this.parts.log.status();
    await this.checkStream(status);
    ledgerMetrics.filled.set(status.maxBytes > 0 ? status.bytes / status.maxBytes : 0);
    ledgerMetrics.lag.set(Math.max(0, status.lastSequence - this.state.sequence));
    await this.makeRoom(nowMs, status);
    // After a crash the consumer holds what it gave the last writer back until its ack-wait is over.
    if (!isIdle || status.lastSequence <= this.state.sequence) return;
    const items: (Incoming | Lost)[] = [];
    await fill(items, this.state.sequence + 1, status.lastSequence, this.parts.log);
    if (items.length > 0) await this.commit(items);
  }

  /** Purges the log where it fills up; where the broker is away that waits. */
  private async makeRoom(nowMs: number, status: LogStatus): Promise<void> {
    if (!isFull(status)) return;
    const { bus, pickUpMs, onPurged } = this.parts;
    try {
      const keptFrom = await purge(this.client, bus, this.state, status, nowMs - pickUpMs);
      if (keptFrom !== null) onPurged(keptFrom);
    } catch (error) {
      if (!(error instanceof MissingDependencyError)) throw error;
    }
  }

  private async checkStream(status: LogStatus): Promise<void> {
    if (this.history.isOther(status)) await this.beginLog(status);
  }

  private async beginLog(status: LogStatus): Promise<void> {
    await this.writing;
    const common = await this.history.begin(status);
    if (common !== null) await this.commit([common]);
  }

  private async tidy(nowMs: number, isLast: boolean): Promise<void> {
    const uncovered = this.state.range.size > this.state.checkpointed;
    const mustSign = uncovered && (isLast || this.chores.awaitsCheckpoint);
    const checkpoint = mustSign
      ? this.parts.checkpointing.sign(this.state, nowMs)
      : this.parts.checkpointing.due(this.state, nowMs);
    if (checkpoint !== null) await writeCheckpoint(this.client, checkpoint);
    await this.chores.run(nowMs, isLast);
    ledgerMetrics.checkpoint.set(this.state.checkpointed);
  }
}
