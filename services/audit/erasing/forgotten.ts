import type { Queryable } from '../entries/entry-reader.ts';
import { type Fact, requestTimeMs } from '../entries/facts.ts';

const object = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};

/** Who was erased, and when: what still happens to a request of before says nothing about them any more. */
export class Forgotten {
  private readonly doneAtMs = new Map<string, number>();

  /** Reads what was carried out earlier. */
  async load(database: Queryable): Promise<void> {
    const rows = await database.query(
      'select subject_key, max(done_at) as done_at from erasure where done_at is not null group by subject_key',
      [],
    );
    for (const { subject_key: key, done_at: at } of rows) this.doneAtMs.set(key as string, Number(at));
  }

  add(subjectKey: string, atMs: number): void {
    this.doneAtMs.set(subjectKey, atMs);
  }

  /** An event without the person it is about, where they were erased since they asked. */
  without(fact: Fact): Fact {
    if (this.doneAtMs.size === 0 || fact.head === null || fact.requestId === null) return fact;
    const { subjectKey, conversation, context, ...head } = fact.head;
    const about = subjectKey ?? object(context).subjectKey;
    const atMs = typeof about === 'string' ? this.doneAtMs.get(about) : undefined;
    if (atMs === undefined || requestTimeMs(fact.requestId) > atMs) return fact;
    const { operation, receivedAt } = object(context);
    return { ...fact, head: { ...head, context: { operation, receivedAt } } };
  }
}
