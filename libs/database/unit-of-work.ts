import { randomUUID } from 'node:crypto';
import { DataSource, type EntityManager, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { asMissingDependency, isOvertaken, isRepeatable } from './connection-loss.ts';
import type { Committed } from './outbox/outbox.ts';
import { PreparedStatements } from './prepared.ts';
import { Transaction } from './transaction.ts';

const maxAttempts = 5;
/** Who committed goes on after this, published or not. */
const longestTellingMs = 10;

/** Runs work in one Postgres transaction together with the outbox. */
export class UnitOfWork {
  /** Tells this unit's commits from those of other processes. */
  readonly origin = randomUUID();
  private readonly listeners = new Set<(committed: Committed) => Promise<void> | undefined>();
  private readonly prepared: PreparedStatements;

  constructor(
    private readonly source: DataSource,
    private readonly schema: string,
  ) {
    this.prepared = new PreparedStatements(source);
  }

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

  /**
   * Runs work that reads nothing: all it writes is one statement, which is its own transaction. False, and nothing
   * written, where a row that `Transaction.update` has seen was changed since. Throws as `inTransaction` does.
   */
  async atOnce(work: (transaction: Transaction) => Promise<void>): Promise<boolean> {
    const { source, schema, origin, prepared } = this;
    const run = (sql: string, parameters: unknown[]) => prepared.query(sql, parameters);
    const transaction = new Transaction({ source, schema, origin, manager: undefined, run });
    await work(transaction);
    try {
      const committed = await transaction.finish();
      if (committed.rows.length > 0) await this.tell(committed);
      return true;
    } catch (error) {
      if (isOvertaken(error) || isRepeatable(error)) return false;
      throw asMissingDependency(error);
    }
  }

  /** The columns of an entity's table, by their names there and in the entity. */
  tableOf(entity: EntityTarget<ObjectLiteral>): { columns: readonly { name: string; property: string }[] } {
    const { columns } = this.source.getMetadata(entity);
    return {
      columns: columns.map(({ databaseName, propertyName }) => ({
        name: databaseName,
        property: propertyName,
      })),
    };
  }

  /** Reads rows with a statement that each connection plans once. Throws as `read` does. */
  async look(sql: string, parameters: unknown[]): Promise<readonly Record<string, unknown>[]> {
    try {
      return await this.prepared.query(sql, parameters);
    } catch (error) {
      throw asMissingDependency(error);
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

  /** Closes the connections that are its own. */
  close(): Promise<void> {
    return this.prepared.close();
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
    const { source, schema, origin } = this;
    const run = (sql: string, parameters: unknown[]) => manager.query(sql, parameters);
    const transaction = new Transaction({ source, schema, origin, manager, run });
    const result = await work(transaction);
    return { result, committed: await transaction.finish() };
  }
}
