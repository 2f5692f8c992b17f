import type pg from 'pg';
import { contentErased } from '#contracts';
import { BodyStore, type Bus, MissingDependencyError } from '#messaging';
import { EntryReader, factOf, openPersonal, type Queryable } from '../entries/entry-reader.ts';
import type { Fact } from '../entries/facts.ts';
import { Eraser } from '../erasing/eraser.ts';
import { Forgotten } from '../erasing/forgotten.ts';
import { BodyKeeper } from '../keeping/body-keeper.ts';
import type { PersonalVault } from '../personal/personal-vault.ts';
import { Reconciler } from '../reconciling/reconciler.ts';
import { Retention, type RetentionParts } from '../retaining/retention.ts';
import { GroupKeying } from '../sessions/key-groups.ts';
import { SessionWriter } from '../sessions/session-writer.ts';
import { ledgerMetrics } from './audit-metrics.ts';
import type { LedgerState } from './ledger-state.ts';

export interface ChoreParts {
  bus: Bus;
  vault: PersonalVault;
  retention: Omit<RetentionParts, 'bus' | 'vault'>;
  onAlarm: (what: string, details: object) => void;
}

const againMs = 2000;
const readAgainEntries = 2000;

/**
 * What follows the ledger with a cursor of its own, over the writer's connection and only between its transactions:
 * sessions, completeness, erasures, large bodies, retention.
 */
export class Chores {
  private readonly sessions: SessionWriter;
  private readonly reconciler: Reconciler;
  private readonly eraser: Eraser;
  readonly forgotten = new Forgotten();
  private readonly retention: Retention;
  private readonly keeper: BodyKeeper;
  private readonly keying: GroupKeying;
  /** There may be sessions of an older version. */
  private mayKey = true;
  /** There may be large content to take in. */
  private mayKeep = true;
  private keepAtMs = 0;
  /** There may be erasures to carry out. */
  private mayErase = true;
  private eraseAtMs = 0;
  /** The ledger's size with the last erasure that came. */
  private erasedTo = 0;

  constructor(
    private readonly client: pg.Client,
    private readonly state: LedgerState,
    private readonly parts: ChoreParts,
  ) {
    const { bus, vault, retention } = parts;
    this.sessions = new SessionWriter(vault.owners, state.projected, this.forgotten);
    this.reconciler = new Reconciler(state.reconciliation, state.reconciled);
    this.eraser = new Eraser(client, bus, vault, this.forgotten);
    this.keying = new GroupKeying(client, vault);
    this.keeper = new BodyKeeper(client, new BodyStore(bus));
    this.retention = new Retention(client, { ...retention, bus, vault });
  }

  get openRequests(): number {
    return this.reconciler.open;
  }

  /** An erasure is carried out once a checkpoint covers it: no export that lacks it ends before it. */
  get awaitsCheckpoint(): boolean {
    return this.erasedTo > this.state.checkpointed;
  }

  /** Takes what is about to be committed: everything else here happens after that. */
  follow(facts: readonly Fact[], size: number, nowMs: number): void {
    this.sessions.collect(facts, size, nowMs);
    this.reconciler.collect(facts, size);
    if (!facts.some(({ name }) => name === contentErased.name)) return;
    this.mayErase = true;
    this.erasedTo = size;
  }

  /** There is large content to take in. */
  mustKeep(): void {
    this.mayKeep = true;
  }

  /** Whether enough sessions wait that writing should make room for them. While events come fast the rest can wait. */
  sessionsAreDue(nowMs: number): boolean {
    return this.sessions.isDue(nowMs);
  }

  async flushSessions(): Promise<void> {
    await this.sessions.flush(this.client);
  }

  async run(nowMs: number, isLast: boolean): Promise<void> {
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
    if (this.mayKey) this.mayKey = await this.keying.next();
    if (this.retention.isDue(nowMs)) {
      await this.sessions.flush(this.client);
      await this.retention.run(nowMs);
    }
  }

  /** Sessions and reconciliation follow the ledger from memory; after a restart they read what they missed. */
  async readAgain(): Promise<void> {
    const database: Queryable = { query: async (sql, values) => (await this.client.query(sql, values)).rows };
    await this.forgotten.load(database);
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
      this.mayErase = (await this.eraser.run(nowMs, this.state.checkpointed)) > 0;
      if (this.mayErase) this.eraseAtMs = nowMs + againMs;
    } catch (error) {
      if (!(error instanceof MissingDependencyError)) throw error;
      this.eraseAtMs = nowMs + againMs;
    }
  }

  /** Takes in one large body; where the object store is away it waits. */
  private async keep(nowMs: number): Promise<void> {
    if (!this.mayKeep || nowMs < this.keepAtMs) return;
    try {
      this.mayKeep = await this.keeper.next();
    } catch (error) {
      if (!(error instanceof MissingDependencyError)) throw error;
      this.keepAtMs = nowMs + againMs;
    }
  }
}
