import { createHash } from 'node:crypto';
import type { Queryable } from '../entries/entry-reader.ts';
import { type Fact, requestTimeMs } from '../entries/facts.ts';

const object = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};

const pageRows = 5000;
const leastSlots = 1024;

/**
 * Who was erased, and when: what still happens to a request of before says nothing about them any more. Holds 64 bits of
 * the name of each data key and a time, in a table with open addressing: 32 to 64 bytes a person, however many they are.
 */
export class Forgotten {
  private count = 0;
  /** High and low half of each key, at twice the slot. */
  private keys = new Uint32Array(2 * leastSlots);
  /** 0: the slot is free. */
  private doneAtMs = new Float64Array(leastSlots);

  /** Reads what was carried out earlier. */
  async load(database: Queryable): Promise<void> {
    for (let after = ''; ; ) {
      const rows = await database.query(
        `select subject_key, max(done_at) as done_at from erasure where done_at is not null and subject_key > $1
         group by subject_key order by subject_key limit ${pageRows}`,
        [after],
      );
      for (const { subject_key: key, done_at: at } of rows) this.add(key as string, Number(at));
      if (rows.length < pageRows) return;
      after = rows.at(-1)?.subject_key as string;
    }
  }

  add(subjectKey: string, atMs: number): void {
    if (2 * (this.count + 1) > this.doneAtMs.length) this.grow();
    const [high, low] = halvesOf(subjectKey);
    this.put(high, low, atMs);
  }

  /** The key of the person whom a request's event is about, where they were erased since the request was made. */
  erasedIn({ requestId, head }: Pick<Fact, 'requestId' | 'head'>): string | undefined {
    if (this.count === 0 || head === null || requestId === null) return undefined;
    const about = head.subjectKey ?? object(head.context).subjectKey;
    if (typeof about !== 'string') return undefined;
    const [high, low] = halvesOf(about);
    const atMs = this.doneAtMs[this.slotOf(high, low)] as number;
    return atMs > 0 && requestTimeMs(requestId) <= atMs ? about : undefined;
  }

  /** An event without the person it is about, where they were erased since they asked. */
  without(fact: Fact): Fact {
    if (fact.head === null || this.erasedIn(fact) === undefined) return fact;
    const { subjectKey: _, conversation, context, ...head } = fact.head;
    const { operation, receivedAt } = object(context);
    return { ...fact, head: { ...head, context: { operation, receivedAt } } };
  }

  private grow(): void {
    const { keys, doneAtMs } = this;
    this.count = 0;
    this.keys = new Uint32Array(2 * keys.length);
    this.doneAtMs = new Float64Array(2 * doneAtMs.length);
    for (const [slot, atMs] of doneAtMs.entries()) {
      if (atMs > 0) this.put(keys[2 * slot] as number, keys[2 * slot + 1] as number, atMs);
    }
  }

  private put(high: number, low: number, atMs: number): void {
    const slot = this.slotOf(high, low);
    if (this.doneAtMs[slot] === 0) this.count += 1;
    this.keys[2 * slot] = high;
    this.keys[2 * slot + 1] = low;
    this.doneAtMs[slot] = atMs;
  }

  /** Where a key is, or the free slot where it belongs; half of all slots are free. */
  private slotOf(high: number, low: number): number {
    const last = this.doneAtMs.length - 1;
    for (let slot = low & last; ; slot = (slot + 1) & last) {
      const isOwn = this.keys[2 * slot] === high && this.keys[2 * slot + 1] === low;
      if (isOwn || this.doneAtMs[slot] === 0) return slot;
    }
  }
}

/** 64 bits of a name: names are hexadecimal digits of an HMAC; any other is hashed. */
function halvesOf(subjectKey: string): [high: number, low: number] {
  const hex = /^[0-9a-f]{16}/.test(subjectKey)
    ? subjectKey
    : createHash('sha256').update(subjectKey).digest('hex');
  return [Number.parseInt(hex.slice(0, 8), 16), Number.parseInt(hex.slice(8, 16), 16)];
}
