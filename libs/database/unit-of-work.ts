import { DataSource, type EntityManager } from 'typeorm';
import { asMissingDependency, isRepeatable } from './connection-loss.ts';
import { type Outgoing, writeOutbox } from './outbox.ts';

/** One open transaction: its entity manager, and what it will say outside. */
export class Transaction {
  readonly outgoing: Outgoing[] = [];
  constructor(readonly manager: EntityManager) {}

  /** Adds messages to the outbox; they are published after the commit, and not at all without one. */
  publish(...messages: readonly Outgoing[]): void {
    this.outgoing.push(...messages);
  }
}

const maxAttempts = 5;

/** Runs work in one Postgres transaction together with the outbox. */
export class UnitOfWork {
  private readonly listeners = new Set<() => void>();

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
        const { result, published } = await this.source.transaction((manager) => this.run(manager, work));
        if (published) for (const listener of this.listeners) listener();
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

  /** Calls back after each commit that published something. */
  onCommit(listener: () => void): void {
    this.listeners.add(listener);
  }

  private async run<T>(
    manager: EntityManager,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<{ result: T; published: boolean }> {
    const transaction = new Transaction(manager);
    const result = await work(transaction);
    await writeOutbox(manager, this.schema, transaction.outgoing);
    return { result, published: transaction.outgoing.length > 0 };
  }
}
