import { hashBytes } from '../tree/hashing.ts';
import { verifyConsistency } from '../tree/verify-proofs.ts';
import type { NoteSigner, NoteVerifier } from './keys.ts';
import { NoteError, openNote, signNote } from './note.ts';

/** The head of a log's tree (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** Names the log: one line without control characters. */
  origin: string;
  size: number;
  root: Uint8Array;
}

/** Two checkpoints of one log, compared. */
export type CheckpointRelation = 'consistent' | 'forked' | 'another_log';

const sizePattern = /^(0|[1-9][0-9]{0,15})$/;

/** Signs a checkpoint: `origin\nsize\nroot in base64\n`, a blank line and a line per signature. */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  const { origin, size, root } = checkpoint;
  if (origin === '' || origin.includes('\n')) throw new RangeError('ledger: an origin is one line');
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`ledger: ${size} is no tree size`);
  if (root.length !== hashBytes) throw new RangeError('ledger: a root has 32 bytes');
  return signNote(`${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`, signers);
}

/** Reads a checkpoint's text; lines after the third are extensions, which the spec tells readers to ignore. */
function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', encoded = ''] = text.split('\n');
  const root = Buffer.from(encoded, 'base64');
  const isSize = sizePattern.test(size) && Number.isSafeInteger(Number(size));
  if (origin === '' || !isSize || root.length !== hashBytes || root.toString('base64') !== encoded) {
    throw new NoteError('note.malformed', 'not a checkpoint');
  }
  return { origin, size: Number(size), root };
}

/** Opens a signed checkpoint with the keys that are trusted. Throws `NoteError`. */
export function openCheckpoint(note: string, verifiers: readonly NoteVerifier[]): Checkpoint {
  return parseCheckpoint(openNote(note, verifiers).text);
}

/**
 * Compares two opened checkpoints through a consistency proof from the older (smaller) to the newer one.
 * `forked` says that both were signed and cannot both be true, or that the proof does not connect them.
 */
export function compareCheckpoints(
  older: Checkpoint,
  newer: Checkpoint,
  proof: readonly Uint8Array[],
): CheckpointRelation {
  if (older.origin !== newer.origin) return 'another_log';
  const claim = { oldSize: older.size, oldRoot: older.root, newSize: newer.size, newRoot: newer.root };
  return verifyConsistency(claim, proof) ? 'consistent' : 'forked';
}
