import type { CopyBuffer } from '../storing/copy-buffer.ts';
import type { SessionRow } from './session-row.ts';

const texts = ['subject_key', 'outcome', 'code', 'connection', 'model', 'operation', 'revision'] as const;
const moreTexts = ['conversation', 'client'] as const;
const allTexts = [...texts, ...moreTexts];
const times = ['received_at', 'completed_at'] as const;
const numbers = ['status', 'prompt_tokens', 'completion_tokens'] as const;
const flags = ['held', 'edited'] as const;
const lists = ['indexes', 'rules', 'facets'] as const;

/** The columns that `addSessionRow` writes, in its order. */
export const copiedColumns = [
  'id',
  ...allTexts,
  ...times,
  ...numbers,
  ...flags,
  ...lists,
  'has_keyed_groups',
].join(', ');
const columns = 5 + allTexts.length + times.length + numbers.length + flags.length;

/** Adds a row of `session` for `copy session (…) from stdin binary`. */
export function addSessionRow(copy: CopyBuffer, row: SessionRow): void {
  copy.row(columns, mostBytes(row));
  copy.uuid(row.id);
  for (const name of allTexts) {
    const value = row[name];
    if (value === null) copy.nothing();
    else copy.text(value);
  }
  for (const name of times) {
    const value = row[name];
    if (value === null) copy.nothing();
    else copy.int8(value);
  }
  for (const name of numbers) {
    const value = row[name];
    if (value === null) copy.nothing();
    else copy.int4(value);
  }
  for (const name of flags) copy.bool(row[name]);
  copy.int8s(row.indexes);
  copy.texts(row.rules);
  copy.int8s(row.facets);
  copy.bool(true);
}

function mostBytes({ indexes, rules, facets, ...row }: SessionRow): number {
  let most = 300 + 12 * (indexes.length + facets.length);
  for (const name of allTexts) most += 3 * (row[name]?.length ?? 0);
  for (const rule of rules) most += 4 + 3 * rule.length;
  return most;
}
