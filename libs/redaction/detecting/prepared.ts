import { createHash } from 'node:crypto';
import { DEFAULT_TABLES } from '../packs/default-tables.ts';
import { unpackTables } from './packed-tables.ts';
import type { DetectorRule } from './rule.ts';
import type { DetectorTables } from './tables.ts';

/**
 * The tables of the default packs are shipped, so that the first text of a process doesn't wait for them. They are
 * taken where the rules' patterns and boundaries are exactly those they were made of.
 */
export function preparedTables(rules: readonly DetectorRule[]): DetectorTables | undefined {
  return fingerprintOf(rules) === DEFAULT_TABLES.fingerprint ? unpackTables(DEFAULT_TABLES) : undefined;
}

/** SHA-256 of what tables are made of; undefined for rules whose patterns are no text. */
export function fingerprintOf(rules: readonly DetectorRule[]): string | undefined {
  if (rules.some(({ pattern }) => typeof pattern !== 'string')) return undefined;
  const parts = rules.map(({ pattern, ignoreCase, left, right }) => [pattern, ignoreCase, left, right]);
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
