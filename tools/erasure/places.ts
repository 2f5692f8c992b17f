import { relative, sep } from 'node:path';

/** What is kept where; the first pattern that fits names the place. */
const places: readonly (readonly [name: string, path: RegExp])[] = [
  ['Postgres write-ahead log', /^postgres\/.*pg_wal\//],
  ['Postgres tables and indexes', /^postgres\//],
  ['JetStream: events', /^nats\/.*\/EVENTS\//],
  ['JetStream: dead letters', /^nats\/.*\/DEAD_LETTERS\//],
  ['JetStream: vault', /^nats\/.*\/KV_vault\//],
  ['JetStream: data keys', /^nats\/.*\/KV_keys\//],
  ['JetStream: large bodies', /^nats\/.*\/OBJ_/],
  ['JetStream: the rest', /^nats\//],
  ["sinks' files", /^sinks\//],
  ['exports', /^exports\//],
  ['logs', /\.log$/],
  ['the rest of the folder', /^/],
];

/** The place that a file belongs to. Pure. */
export function placeOf(dir: string, file: string): string {
  const path = relative(dir, file).split(sep).join('/');
  return places.find(([, pattern]) => pattern.test(path))?.[0] ?? '';
}

/** The places in the order in which they are told. */
export const placeNames: readonly string[] = places.map(([name]) => name);
