import { hashBytes, sha256, writeSha256 } from '../tree/hashing.ts';
import { writeField } from './length-prefixed.ts';
import type { PersonalCommitment } from './personal.ts';
import { scratchOf } from './scratch.ts';

/** `event`: as the stream delivered it. `gap`: sequences that the stream lost, recorded where they are missing. */
export type EntryKind = 'event' | 'gap';

/**
 * What the tree covers of one ledger entry. Content stays sealed and enters by digest, personal metadata enters
 * as salted commitments, so that either can be destroyed later and the tree still verifies.
 */
export interface Entry {
  kind: EntryKind;
  /** Names the stream that numbered the events; a restored or recreated stream gets another. */
  logId: string;
  /** The stream's sequence; of a gap, the last one that is missing. */
  sequence: number;
  /** When the stream stored it, ms since the epoch. */
  atMs: number;
  /** The NATS subject. */
  subject: string;
  /** The `Nats-Msg-Id`; empty where there was none. */
  messageId: string;
  /** The event's JSON head as bytes, with personal values taken out (see `splitHead`). */
  head: Uint8Array;
  personal: readonly PersonalCommitment[];
  sealed: SealedDigest;
}

/** The sealed tail by size and SHA-256. */
export interface SealedDigest {
  bytes: number;
  digest: Uint8Array;
}

const entryVersion = 1;
const kindCodes: Record<EntryKind, number> = { event: 0, gap: 1 };
const leafPrefix = 0x00;
/** All of a leaf that isn't text, head or personal. */
const fixedLeafBytes = 1 + 2 + 16 + 4 * 4 + 4 + 4 + hashBytes;

/** Size and digest of a sealed tail. */
export function digestSealed(tail: Uint8Array): SealedDigest {
  return { bytes: tail.length, digest: tail.length === 0 ? emptyDigest : sha256(tail) };
}

const emptyDigest = sha256(new Uint8Array(0));

/**
 * The canonical bytes of an entry, version 1:
 * `u8 version | u8 kind | u64be sequence | u64be atMs | logId | subject | messageId | head |
 * u32be count, each (path | ownerKey | digest) | u32be sealed bytes | 32 bytes sealed digest`,
 * where strings and bytes are preceded by their length (u32be) and strings are UTF-8.
 * Throws `RangeError` where a number or digest is out of range.
 */
export function encodeEntry(entry: Entry): Buffer {
  return Buffer.from(writeLeaf(entry).subarray(1));
}

/** The entry's leaf hash: SHA-256(0x00 || canonical bytes) (RFC 6962, section 2.1). */
export function entryLeafHash(entry: Entry): Buffer {
  return sha256(writeLeaf(entry));
}

/** Writes the entry's leaf hash at a place in `target`. */
export function writeEntryLeafHash(target: Buffer, at: number, entry: Entry): void {
  writeSha256(target, at, writeLeaf(entry));
}

/** The canonical bytes behind the leaf prefix, good until the next call: hashing needs no copy of its own. */
function writeLeaf(entry: Entry): Buffer {
  const { logId, subject, messageId, head, personal, sealed } = entry;
  // Measuring texts first would cost as much as writing them: UTF-8 takes three bytes for a UTF-16 unit at most.
  let most = fixedLeafBytes + 3 * (logId.length + subject.length + messageId.length) + head.length;
  for (const { path, ownerKey } of personal) most += 8 + 3 * (path.length + ownerKey.length) + hashBytes;
  const bytes = scratchOf(most);
  bytes[0] = leafPrefix;
  bytes[1] = entryVersion;
  bytes[2] = kindCodes[entry.kind];
  writeCount(bytes, entry.sequence, 3);
  writeCount(bytes, entry.atMs, 11);
  let at = writeText(bytes, 19, logId);
  at = writeText(bytes, at, subject);
  at = writeText(bytes, at, messageId);
  at = writeField(bytes, at, head, head.length);
  at = bytes.writeUInt32BE(personal.length, at);
  for (const { path, ownerKey, digest } of personal) {
    at = writeDigest(bytes, writeText(bytes, writeText(bytes, at, path), ownerKey), digest);
  }
  at = bytes.writeUInt32BE(sealed.bytes, at);
  return bytes.subarray(0, writeDigest(bytes, at, sealed.digest));
}

function writeText(bytes: Buffer, at: number, text: string): number {
  const length = bytes.write(text, at + 4, 'utf8');
  return bytes.writeUInt32BE(length, at) + length;
}

function writeDigest(bytes: Buffer, at: number, digest: Uint8Array): number {
  if (digest.length !== hashBytes) throw new RangeError('ledger: a digest has 32 bytes');
  bytes.set(digest, at);
  return at + hashBytes;
}

function writeCount(bytes: Buffer, value: number, at: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`ledger: ${value} is no count`);
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  bytes.writeUInt32BE(value % 2 ** 32, at + 4);
}
