import type { DataSource, EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import {
  type Committed,
  type Notification,
  type Outgoing,
  type RunStatement,
  type Statement,
  writeLast,
} from './outbox/outbox.ts';

/** Where and for whom a transaction writes. */
export interface Writing {
  source: DataSource;
  schema: string;
  /** See `UnitOfWork.origin`. */
  origin: string;
  /** Undefined where everything is one statement: there is nothing to read in. */
  manager: EntityManager | undefined;
  run: RunStatement;
}

/** One open transaction: its entity manager, what it writes last, and what it will say outside. */
export class Transaction {
  readonly outgoing: Outgoing[] = [];
  private statements: Statement[] = [];
  private insertions = new Map<string, { head: string; rows: unknown[][] }>();
  private notifications: Notification[] = [];

  constructor(private readonly writing: Writing) {}

  /** For reading, and for what can't wait until the end. Throws where the transaction is one statement. */
  get manager(): EntityManager {
    const { manager } = this.writing;
    if (!manager) throw new TypeError('a transaction of one statement has nothing to read in');
    return manager;
  }

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

  /**
   * Adds a change of one row to them. With `seen`, the row's `xmin` as it was read, nothing of the transaction is
   * written where somebody changed that row since.
   */
  update<E extends ObjectLiteral>(
    entity: EntityTarget<E>,
    id: string,
    patch: Partial<E>,
    seen?: string | undefined,
  ): void {
    const query = this.writing.source
      .createQueryBuilder()
      .update(entity)
      .set(patch as object)
      .where('id = :id', { id });
    if (seen !== undefined) query.andWhere('xmin = cast(:seen as xid)', { seen }).returning('id');
    const [sql, parameters] = query.getQueryAndParameters();
    this.statements.push({ sql, parameters, mustChange: seen !== undefined });
  }

  /** Adds a row to those that are inserted together with the statements; rows of one table in the order added. */
  insert(table: string, row: Readonly<Record<string, unknown>>): void {
    const head = `insert into ${table} (${Object.keys(row).join(', ')})`;
    const known = this.insertions.get(head);
    if (known) known.rows.push(Object.values(row));
    else this.insertions.set(head, { head, rows: [Object.values(row)] });
  }

  /** Runs what was added by `write`, `update` and `insert`, for work that reads or changes the same rows next. */
  async flush(): Promise<void> {
    const { run, schema, origin } = this.writing;
    const statements = this.taken();
    if (statements.length === 0) return;
    await writeLast(run, schema, { statements, notifications: [], outgoing: [], origin });
  }

  /** Everything that is left, once: statements, notifications and messages. */
  finish(): Promise<Committed> {
    const { notifications, outgoing } = this;
    const { run, schema, origin } = this.writing;
    const statements = this.taken();
    return writeLast(run, schema, { statements, notifications, outgoing, origin });
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
