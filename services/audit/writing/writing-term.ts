import type pg from 'pg';
import { contentErased } from '#contracts';
import { BodyStore, type Bus, MissingDependencyError } from '#messaging';
import { EntryReader, factOf, openPersonal, type Queryable } from '../entry-reader.ts';
import { Eraser } from '../erasing/eraser.ts';
import type { Fact } from '../facts.ts';
import { BodyKeeper } from '../keeping/body-keeper.ts';
import type { PersonalVault } from '../personal-vault.ts';
import { isFull, purge } from '../purging/purging.ts';
import type { BatchPull, Pulled } from '../receiving/batch-pull.ts';
import { fill, orderEvents } from '../receiving/continuity.ts';
import type { EventLog, LogStatus } from '../receiving/event-log.ts';
import { forkName, isOfStream, lastCommon, showsFork } from '../receiving/forks.ts';
import type { Incoming, Lost } from '../receiving/incoming.ts';
import { Reconciler } from '../reconciling/reconciler.ts';
import { Retention, type RetentionParts } from '../retaining/retention.ts';
import { SessionWriter } from '../sessions/session-writer.ts';
import { type Batch, buildBatch } from '../storing/build-batch.ts';
import type { Checkpointing } from '../storing/checkpointing.ts';
import { TailIndex } from '../storing/tail-index.ts';
import { storedState, writeBatch } from '../storing/write-batch.ts';
import { ledgerMetrics } from './audit-metrics.ts';
import { dayOf, ensureLog, type LedgerState, loadState } from './ledger-state.ts';

/** What a writer works with. */
export interface WriterParts {
  bus: Bus;
  log: EventLog;
  pull: BatchPull;
  vault: PersonalVault;
  checkpointing: Checkpointing;
  /** Told after each commit. */
  onCommitted: (batch: Batch, state: Readonly<LedgerState>) => void;
  /** What was published since stays in the log for those who come back for it. */
  pickUpMs: number;
  onPurged: (keptFrom: number) => void;
  retention: Omit<RetentionParts, 'bus' | 'vault'>;
  onAlarm: (what: string, details: object) => void;
}

const statusEveryMs = 2000;
const readAgainEntries = 2000;

/**
 * One process's time as the writer, from the lock to its loss: everything it knows was read after it got the lock,
 * and everything it writes goes over the connection that holds it.
 */
export class WritingTerm {
  private readonly tails = new TailIndex();
  private lookedAtMs = 0;
  private lastEventAtMs = 0;
  private readonly eraser: Eraser;
  private readonly retention: Retention;
  private readonly keeper: BodyKeeper;
  /** There may be large content to take in. */
  private mayKeep = true;
  private keepAtMs = 0;
  /** There may be erasures to carry out. */
  private mayErase = true;
  /** Asked for while the batch before it is written. */
  private ahead: Promise<Pulled> | null = null;
  private eraseAtMs = 0;

  private constructor(
    private readonly client: pg.Client,
    private readonly state: LedgerState,
    private readonly sessions: SessionWriter,
    private readonly reconciler: Reconciler,
    private readonly parts: WriterParts,
  ) {
    this.eraser = new Eraser(client, parts.bus, parts.vault);
    this.keeper = new BodyKeeper(client, new BodyStore(parts.bus));
    this.retention = new Retention(client, { ...parts.retention, bus: parts.bus, vault: parts.vault });
  }

  /** Reads where the last writer stopped, and brings what follows the ledger up to it. */
  static async begin(client: pg.Client, parts: WriterParts): Promise<WritingTerm> {
    const state = await loadState(client);
    const sessions = new SessionWriter(state.projected);
    const reconciler = new Reconciler(state.reconciliation, state.reconciled);
    const term = new WritingTerm(client, state, sessions, reconciler, parts);
    await term.readAgain();
    await term.checkStream(await parts.log.status());
    return term;
  }

  get position(): { sequence: number; atMs: number } {
    return { sequence: this.state.sequence, atMs: this.lastEventAtMs };
  }

  get openRequests(): number {
    return this.reconciler.open;
  }

  /** Polls once and stores what came. Gives how much it was, and whether there may be more at once. */
  async step(nowMs: number): Promise<{ events: number; isFull: boolean }> {
    const pulled = await (this.ahead ?? this.parts.pull.next());
    this.ahead = pulled.isFull ? this.parts.pull.next() : null;
    // Where writing fails first nobody waits for it any more.
    this.ahead?.catch(() => undefined);
    await this.store(pulled);
    if (nowMs - this.lookedAtMs >= statusEveryMs) await this.look(nowMs, pulled.events.length === 0);
    await this.chores(nowMs, false);
    return { events: pulled.events.length, isFull: pulled.isFull };
  }

  /** Writes what is still in memory. */
  async end(): Promise<void> {
    if (this.ahead !== null) await this.store(await this.ahead);
    await this.chores(Date.now(), true);
  }

  private async store(pulled: Pulled): Promise<void> {
    if (pulled.events.length === 0) return;
    let ordered = await orderEvents(this.state.sequence, pulled.events, this.parts.log);
    if (await showsFork(this.client, this.state, ordered.repeated)) {
      await this.fork(await this.parts.log.status());
      ordered = await orderEvents(this.state.sequence, pulled.events, this.parts.log);
    }
    if (ordered.items.length > 0) await this.commit(ordered.items);
    const last = pulled.events.reduce((high, { sequence }) => Math.max(high, sequence), 0);
    if (pulled.ackSubject !== null && last <= this.state.sequence) this.parts.pull.ack(pulled.ackSubject);
  }

  private async commit(items: readonly (Incoming | Lost)[]): Promise<void> {
    const nowMs = Date.now();
    const { log } = this.state;
    if (log === null) throw new Error('audit: no log is open');
    const segment = await this.segmentFor(items, nowMs);
    const state = Object.assign(this.state, { log, segment });
    const batch = await buildBatch(state, items, { vault: this.parts.vault, tails: this.tails, nowMs });
    const checkpoint = this.parts.checkpointing.due(this.state, nowMs);
    await writeBatch(this.client, storedState(this.state), batch, checkpoint);
    this.follow(batch.facts, nowMs);
    this.mayKeep ||= batch.waiting.length > 0;
    this.lastEventAtMs = batch.facts.at(-1)?.atMs ?? nowMs;
    for (const { kind, ...details } of batch.incidents) {
      ledgerMetrics.incidents.inc({ kind });
      if (kind === 'gap') this.parts.onAlarm('the log lost events', details);
    }
    ledgerMetrics.entries.inc(batch.entries.length);
    ledgerMetrics.size.set(this.state.range.size);
    this.parts.onCommitted(batch, this.state);
  }

  private follow(facts: readonly Fact[], nowMs: number): void {
    this.sessions.collect(facts, this.state.range.size, nowMs);
    this.reconciler.collect(facts, this.state.range.size);
    this.mayErase ||= facts.some(({ name }) => name === contentErased.name);
  }

  /** The segment that a batch goes to; a new one where it begins a new day. */
  private async segmentFor(
    items: readonly (Incoming | Lost)[],
    nowMs: number,
  ): Promise<{ id: number; day: number }> {
    const first = items[0] as Incoming | Lost;
    const atMs = 'payload' in first ? first.atMs : nowMs;
    const known = this.state.segment;
    if (known !== null && dayOf(atMs) <= known.day) return known;
    const id = (known?.id ?? 0) + 1;
    this.tails.clear();
    await this.client.query('begin');
    await this.client.query('select open_segment($1)', [id]);
    await this.client.query('insert into segment (id, first_index, first_at) values ($1, $2, $3)', [
      id,
      this.state.range.size,
      atMs,
    ]);
    await this.client.query('update writer_state set segment = $1', [id]);
    await this.client.query('commit');
    return { id, day: dayOf(atMs) };
  }

  /** Compares the ledger with the stream: is it the same, and does the consumer hold anything back? */
  private async look(nowMs: number, isIdle: boolean): Promise<void> {
    this.lookedAtMs = nowMs;
    const status = await this.parts.log.status();
    await this.checkStream(status);
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
    const { log, sequence } = this.state;
    if (log === null) return this.openLog(status.id, 0);
    if (!isOfStream(log.name, status.id) || status.lastSequence < sequence) await this.fork(status);
  }

  /** The stream is another one than the one recorded, or went back: its events get a log id of their own. */
  private async fork(status: LogStatus): Promise<void> {
    const { log } = this.state;
    if (log === null) return this.openLog(status.id, 0);
    const isSameStream = isOfStream(log.name, status.id);
    const common = isSameStream
      ? await lastCommon(this.client, this.state, this.parts.log, status.lastSequence)
      : 0;
    const details = { log: log.name, from: common + 1, to: this.state.sequence };
    await this.client.query(
      `insert into incident (kind, code, log, from_sequence, to_sequence, at)
       values ('fork', $1, $2, $3, $4, $5)`,
      [isSameStream ? 'log.forked' : 'log.replaced', log.id, details.from, details.to, Date.now()],
    );
    ledgerMetrics.incidents.inc({ kind: 'fork' });
    this.parts.onAlarm('the log parted from what is recorded of it', details);
    await this.openLog(forkName(log.name, status.id), common);
  }

  /** Goes on under another log id; what was recorded under the last one is not recorded again. */
  private async openLog(name: string, common: number): Promise<void> {
    const id = await ensureLog(this.client, name, Date.now());
    Object.assign(this.state, { log: { id, name }, sequence: 0 });
    if (common > 0) await this.commit([{ from: 1, to: common }]);
  }

  /** Sessions and reconciliation follow the ledger from memory; after a restart they read what they missed. */
  private async readAgain(): Promise<void> {
    const database: Queryable = {
      query: async (sql, values) => (await this.client.query(sql, values)).rows,
    };
    const reader = new EntryReader(database);
    const { projected, reconciled, range } = this.state;
    for (let from = Math.min(projected, reconciled); from < range.size; from += readAgainEntries) {
      const to = Math.min(range.size, from + readAgainEntries);
      const stored = await reader.range(from, to);
      const facts = await Promise.all(
        stored.map(async (one) => factOf(one, await openPersonal(this.parts.vault, one))),
      );
      const present = facts.filter((fact) => fact !== null);
      const unprojected = present.filter(({ index }) => index >= projected);
      this.sessions.collect(unprojected, Math.max(to, projected), Date.now());
      const unreconciled = present.filter(({ index }) => index >= reconciled);
      this.reconciler.collect(unreconciled, Math.max(to, reconciled));
      await this.sessions.flush(this.client);
    }
  }

  /** Carries out recorded erasures; where the broker is away they wait. */
  private async erase(nowMs: number): Promise<void> {
    if (!this.mayErase || nowMs < this.eraseAtMs) return;
    await this.sessions.flush(this.client);
    try {
      this.mayErase = (await this.eraser.run(nowMs)) > 0;
      if (this.mayErase) this.eraseAtMs = nowMs + statusEveryMs;
    } catch (error) {
      if (!(error instanceof MissingDependencyError)) throw error;
      this.eraseAtMs = nowMs + statusEveryMs;
    }
  }

  /** Takes in one large body; where the object store is away it waits. */
  private async keep(nowMs: number): Promise<void> {
    if (!this.mayKeep || nowMs < this.keepAtMs) return;
    try {
      this.mayKeep = await this.keeper.next();
    } catch (error) {
      if (!(error instanceof MissingDependencyError)) throw error;
      this.keepAtMs = nowMs + statusEveryMs;
    }
  }

  private async chores(nowMs: number, isLast: boolean): Promise<void> {
    this.reconciler.look(nowMs);
    if (isLast || this.sessions.isDue(nowMs)) await this.sessions.flush(this.client);
    if (isLast || this.reconciler.isDue(nowMs)) {
      const found = await this.reconciler.flush(this.client, nowMs);
      if (found > 0) {
        ledgerMetrics.incidents.inc({ kind: 'finding' }, found);
        this.parts.onAlarm('the ledger lacks events that should be in it', { found });
      }
    }
    await this.erase(nowMs);
    await this.keep(nowMs);
    if (this.retention.isDue(nowMs)) {
      await this.sessions.flush(this.client);
      await this.retention.run(nowMs);
    }
    const uncovered = this.state.range.size > this.state.checkpointed;
    const checkpoint =
      isLast && uncovered
        ? this.parts.checkpointing.sign(this.state, nowMs)
        : this.parts.checkpointing.due(this.state, nowMs);
    if (checkpoint !== null) await writeBatch(this.client, storedState(this.state), null, checkpoint);
    ledgerMetrics.checkpoint.set(this.state.checkpointed);
  }
}
