import { randomUUID } from 'node:crypto';
import { DataSource, type EntityManager } from 'typeorm';
import { asMissingDependency, isRepeatable } from './connection-loss.ts';
import { type Committed, type Notification, type Outgoing, type Statement, writeLast } from './outbox.ts';

/** One open transaction: its entity manager, what it writes last, and what it will say outside. */
export class Transaction {
  readonly outgoing: Outgoing[] = [];
  private statements: Statement[] = [];
  private insertions = new Map<string, { head: string; rows: unknown[][] }>();
  private notifications: Notification[] = [];

  constructor(
    readonly manager: EntityManager,
    private readonly schema: string,
    private readonly origin: string,
  ) {}

  /** Adds messages to the outbox; they are published after the commit, and not at all without one. */
  publish(...messages: readonly Outgoing[]): void {
    this.outgoing.push(...messages);
  }

  /** Says something on a Postgres channel (at most 8,000 bytes) with the commit. */
  notify(channel: string, payload: string): void {
    this.notifications.push({ channel, payload });
  }

  /**
   * Adds a statement to those that run in one round trip when the work is done, or at `flush`. They see the tables as
   * they were before any of them: no two may change the same row, and nobody gets their results.
   */
  write(sql: string, parameters: readonly unknown[]): void {
    this.statements.push({ sql, parameters });
  }

  /** Adds a row to those that are inserted together with the statements; rows of one table in the order added. */
  insert(table: string, row: Readonly<Record<string, unknown>>): void {
    const head = `insert into ${table} (${Object.keys(row).join(', ')})`;
    const known = this.insertions.get(head);
    if (known) known.rows.push(Object.values(row));
    else this.insertions.set(head, { head, rows: [Object.values(row)] });
  }

  /** Runs what was added by `write` and `insert`, for work that reads or changes the same rows next. */
  async flush(): Promise<void> {
    const { origin } = this;
    const statements = this.taken();
    if (statements.length === 0) return;
    await writeLast(this.manager, this.schema, { statements, notifications: [], outgoing: [], origin });
  }

  /** Everything that is left, once: statements, notifications and messages. */
  finish(): Promise<Committed> {
    const { notifications, outgoing, origin } = this;
    const statements = this.taken();
    return writeLast(this.manager, this.schema, { statements, notifications, outgoing, origin });
  }

  private taken(): Statement[] {
    const statements = [...this.statements, ...[...this.insertions.values()].map(insertionOf)];
    this.statements = [];
    this.insertions = new Map();
    return statements;
  }
}

function insertionOf({ head, rows }: { head: string; rows: readonly unknown[][] }): Statement {
  const parameters: unknown[] = [];
  const values = rows.map((row) => `(${row.map((value) => `$${parameters.push(value)}`).join(', ')})`);
  return { sql: `${head} values ${values.join(', ')}`, parameters };
}

const maxAttempts = 5;
/** Who committed goes on after this, published or not. */
const longestTellingMs = 10;

/** Runs work in one Postgres transaction together with the outbox. */
export class UnitOfWork {
  /** Tells this unit's commits from those of other processes. */
  readonly origin = randomUUID();
  private readonly listeners = new Set<(committed: Committed) => Promise<void> | undefined>();

  constructor(
    private readonly source: DataSource,
    private readonly schema: string,
  ) {}

  /**
   * Runs `work` in a transaction and commits it with what it published. Runs it again after a deadlock or a
   * serialization failure, so it must not touch anything outside. Throws `MissingDependencyError` where the database
   * went away: then it may or may not have been committed.
   */
  async inTransaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { result, committed } = await this.source.transaction((manager) => this.run(manager, work));
        if (committed.rows.length > 0) await this.tell(committed);
        return result;
      } catch (error) {
        if (!isRepeatable(error) || attempt >= maxAttempts) throw asMissingDependency(error);
      }
    }
  }

  /** Reads without a transaction. Throws `MissingDependencyError` where the database is away. */
  async read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await work(this.source.manager);
    } catch (error) {
      throw asMissingDependency(error);
    }
  }

  /** Calls back after each commit that published something, with what it wrote. */
  onCommit(listener: (committed: Committed) => Promise<void> | undefined): void {
    this.listeners.add(listener);
  }

  /** Gives what is being published a moment, so that the caller's next work doesn't compete with it. */
  private async tell(committed: Committed): Promise<void> {
    const told = [...this.listeners].map((listener) => listener(committed));
    if (told.every((each) => each === undefined)) return;
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, longestTellingMs);
    });
    await Promise.race([Promise.all(told), enough]);
    clearTimeout(timer);
  }

  private async run<T>(
    manager: EntityManager,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<{ result: T; committed: Committed }> {
    const transaction = new Transaction(manager, this.schema, this.origin);
    const result = await work(transaction);
    return { result, committed: await transaction.finish() };
  }
}
