import type { NoteSigner, NoteVerifier } from './keys.ts';
import { NoteError, openNote, signNote } from './note.ts';

/** `content`: sealed tails are gone, entries stay. `entries`: whole entries are gone, their subtree hashes stay. */
export type TombstoneScope = 'content' | 'entries';

/** A signed statement that retention dropped something: without one, what is missing counts as tampering. */
export interface Tombstone {
  origin: string;
  scope: TombstoneScope;
  /** The tree indices `[from, to)` that it speaks of. */
  from: number;
  to: number;
  /** How many entries (or tails) in that range were dropped. */
  dropped: number;
  atMs: number;
  /** Why, in one line: the retention class and its length. */
  reason: string;
}

const header = 'sallyport/tombstone/1';
const rangePattern = /^(content|entries) ([0-9]{1,16}) ([0-9]{1,16}) ([0-9]{1,16}) ([0-9]{1,16})$/;

/** Signs a tombstone. Throws `RangeError` where origin or reason is not one line, or the numbers make no range. */
export function signTombstone(tombstone: Tombstone, signers: readonly NoteSigner[]): string {
  const { origin, scope, from, to, dropped, atMs, reason } = tombstone;
  const oneLine = [origin, reason].every((text) => text !== '' && !text.includes('\n'));
  const counts = [from, to, dropped, atMs].every((count) => Number.isSafeInteger(count) && count >= 0);
  if (!oneLine || !counts || from >= to || dropped > to - from)
    throw new RangeError('ledger: not a tombstone');
  return signNote(`${header}\n${origin}\n${scope} ${from} ${to} ${dropped} ${atMs}\n${reason}\n`, signers);
}

/** Opens a signed tombstone with the keys that are trusted. Throws `NoteError`. */
export function openTombstone(note: string, verifiers: readonly NoteVerifier[]): Tombstone {
  const [head, origin, range = '', reason, ...rest] = openNote(note, verifiers).text.split('\n');
  const [, scope, ...numbers] = rangePattern.exec(range) ?? [];
  const [from = 0, to = 0, dropped = 0, atMs = 0] = numbers.map(Number);
  const shaped = head === header && origin && reason && rest.length === 1 && rest[0] === '';
  if (!shaped || (scope !== 'content' && scope !== 'entries') || from >= to || dropped > to - from) {
    throw new NoteError('note.malformed', 'not a tombstone');
  }
  return { origin, scope, from, to, dropped, atMs, reason };
}
