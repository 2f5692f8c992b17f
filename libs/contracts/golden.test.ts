import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { decodeEnvelope, type EventDefinition, encodeEnvelope, events } from './index.ts';

/** A frozen sample: what was once published must be read the same for as long as the event lives. */
interface Golden {
  event: string;
  subject: string;
  head: object;
  /** Stands for the sealed tail. */
  tail: string;
  /** Of the whole envelope. */
  sha256: string;
}

const folder = new URL('./golden/', import.meta.url);
const goldens = readdirSync(folder).map((file): [string, Golden] => [
  file,
  JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
]);
const definitions: readonly EventDefinition[] = events;
const definitionOf = (name: string) => definitions.find((event) => event.name === name);

test('every event has a golden sample, and every sample an event', () => {
  const sampled = new Set(goldens.map(([, { event }]) => event));
  expect([...sampled].sort()).toEqual(definitions.map(({ name }) => name).sort());
});

describe.each(goldens)('%s', (_, golden) => {
  const event = definitionOf(golden.event)!;

  test('parses to what it says, nothing added and nothing lost', () => {
    expect(event.schema.parse(golden.head)).toStrictEqual(golden.head);
  });

  test('encodes to the same bytes, before and after a decoding', () => {
    const bytes = encodeEnvelope(golden.head, Buffer.from(golden.tail));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(golden.sha256);
    const { head, tail } = decodeEnvelope(bytes);
    expect(Buffer.from(encodeEnvelope(event.schema.parse(head) as object, tail))).toEqual(Buffer.from(bytes));
    expect(Buffer.from(tail).toString()).toBe(golden.tail);
  });

  test('stands on a subject of its event', () => {
    expect(
      event.subject(
        ...golden.subject
          .slice(event.prefix.length + 1)
          .split('.')
          .filter(Boolean),
      ),
    ).toBe(golden.subject);
  });

  test('is read the same with a field that a later version added', () => {
    expect(event.schema.parse({ ...golden.head, addedLater: true })).toStrictEqual(golden.head);
  });
});
