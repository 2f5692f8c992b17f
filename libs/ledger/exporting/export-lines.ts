import type { EntryKind } from '../entries/entry.ts';

/**
 * A ledger export is NDJSON: a header, the tombstones, then entries, skipped ranges and checkpoints in the order of
 * the tree, then the seal. Hashes and bytes are base64 (RFC 4648, section 4).
 */
export type ExportLine = HeaderLine | TombstoneLine | EntryLine | SkippedLine | CheckpointLine | SealLine;

export const exportFormat = 'sallyport-ledger-export/1';

/** `complete`: nothing is skipped without a tombstone. `selection`: a period or a request, skipping what surrounds it. */
export type ExportScope = 'complete' | 'selection';

export interface HeaderLine {
  line: 'header';
  format: typeof exportFormat;
  origin: string;
  scope: ExportScope;
  /** Public keys that signed in this export, for the reader's convenience; a verifier trusts only its own. */
  keys: string[];
  /** No personal value is in the export, whether erased or not: copies that leave stay out of an erasure's way. */
  personal?: 'withheld';
}

export interface TombstoneLine {
  line: 'tombstone';
  note: string;
}

/** A ledger entry. What was destroyed is `null`; the tree covers what is left of it. */
export interface EntryLine {
  line: 'entry';
  index: number;
  kind: EntryKind;
  logId: string;
  sequence: number;
  atMs: number;
  subject: string;
  messageId: string;
  /** The head's JSON text, `null` where personal values were. */
  head: string;
  personal: PersonalLine[];
  sealed: { bytes: number; digest: string; data: string | null };
  /** The leaf hash as the tree has it. */
  leaf: string;
}

export interface PersonalLine {
  path: string;
  ownerKey: string;
  digest: string;
  salt: string | null;
  /** JSON text. */
  value: string | null;
}

/** Entries that are not in this export, as the roots of the subtrees that cover them, left to right. */
export interface SkippedLine {
  line: 'skipped';
  from: number;
  to: number;
  nodes: string[];
}

export interface CheckpointLine {
  line: 'checkpoint';
  note: string;
}

/** A signed note over every byte before it; see `sealText`. */
export interface SealLine {
  line: 'seal';
  note: string;
}

/** The text that a seal signs. `digest` is the SHA-256 of all bytes before the seal's line. */
export function sealText(origin: string, lines: number, digest: Uint8Array): string {
  return `sallyport/export-seal/1\n${origin}\n${lines}\n${Buffer.from(digest).toString('base64')}\n`;
}
