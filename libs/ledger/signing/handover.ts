import { type NoteSigner, type NoteVerifier, noteVerifier } from './keys.ts';
import { NoteError, openNote, signNote } from './note.ts';

/** A statement that another key signs a log from then on. Signed by the key of before: who trusts that one can trust the next. */
export interface Handover {
  origin: string;
  /** The public key that takes over, as text. */
  key: string;
  atMs: number;
}

const header = 'sallyport/key-handover/1';

/** Signs a handover. Throws `RangeError` where the origin is not one line, or the key no public key. */
export function signHandover({ origin, key, atMs }: Handover, signers: readonly NoteSigner[]): string {
  if (origin === '' || origin.includes('\n')) throw new RangeError('ledger: an origin is one line');
  return signNote(`${header}\n${origin}\n${noteVerifier(key).publicKey}\n${atMs}\n`, signers);
}

/** Opens a signed handover with the keys that are trusted. Throws `NoteError`. */
export function openHandover(note: string, verifiers: readonly NoteVerifier[]): Handover {
  const [head, origin, key, at, ...rest] = openNote(note, verifiers).text.split('\n');
  const isShaped = head === header && origin && key && rest.length === 1 && rest[0] === '';
  if (!isShaped || !/^[0-9]{1,16}$/.test(at ?? '')) throw new NoteError('note.malformed', 'not a handover');
  try {
    return { origin, key: noteVerifier(key).publicKey, atMs: Number(at) };
  } catch {
    throw new NoteError('note.malformed', 'a handover names no public key');
  }
}

/**
 * The keys that are trusted, with those that they handed over to, one after another, whatever the order of the notes. Throws
 * `NoteError` for a handover of another log, or that no key before it signed.
 */
export function followHandovers(
  trusted: readonly NoteVerifier[],
  notes: readonly string[],
  origin?: string,
): NoteVerifier[] {
  const keys = [...trusted];
  let left = [...notes];
  while (left.length > 0) {
    const opened = left.map((note) => tryOpen(note, keys));
    for (const handover of opened) {
      if (!handover) continue;
      if (origin !== undefined && handover.origin !== origin) {
        throw new NoteError('note.unsigned', `a handover is of the log ${handover.origin}`);
      }
      if (!keys.some(({ publicKey }) => publicKey === handover.key)) keys.push(noteVerifier(handover.key));
    }
    const next = left.filter((_, i) => !opened[i]);
    if (next.length === left.length) throw new NoteError('note.unsigned', 'no known key signed a handover');
    left = next;
  }
  return keys;
}

/** Undefined where none of these keys signed it (yet). Throws `NoteError` where it is none, or a signature is wrong. */
function tryOpen(note: string, keys: readonly NoteVerifier[]): Handover | undefined {
  try {
    return openHandover(note, keys);
  } catch (error) {
    if (error instanceof NoteError && error.code === 'note.unsigned') return undefined;
    throw error;
  }
}
