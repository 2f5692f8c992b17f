import type { PersonalCommitment, SealedDigest } from '#ledger';
import { commitmentsSize, writeCommitments } from '../personal-columns.ts';

/** One row of `entry`. */
export interface EntryRow {
  segment: number;
  index: number;
  kind: 'event' | 'gap';
  log: number;
  sequence: number;
  atMs: number;
  subject: string;
  messageId: string;
  head: Uint8Array;
  personal: readonly PersonalCommitment[];
  openings: Buffer | null;
  sealed: SealedDigest;
  contentIndex: number | null;
}

/** The codes in column `entry.kind`. */
export const kindCodes = { event: 0, gap: 1 } as const;

/** The columns that `entryRows` writes, in its order. */
export const entryColumns =
  'segment, index, kind, log, sequence, at, subject, message_id, head, personal, openings, sealed_bytes, sealed_digest, content_index';

const signature = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const fixedEntryBytes = 256;

/** A growing buffer in Postgres' binary COPY format (PostgreSQL documentation, COPY, "Binary Format"). */
class CopyBuffer {
  private bytes: Buffer;
  private at = signature.length;

  constructor(expected: number) {
    this.bytes = Buffer.allocUnsafe(signature.length + expected + 2);
    signature.copy(this.bytes);
  }

  row(fields: number): void {
    this.at = this.bytes.writeInt16BE(fields, this.at);
  }

  int2(value: number): void {
    this.at = this.bytes.writeInt16BE(value, this.bytes.writeInt32BE(2, this.at));
  }

  int4(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.bytes.writeInt32BE(4, this.at));
  }

  int8(value: number): void {
    this.at = this.bytes.writeInt32BE(8, this.at);
    this.at = this.bytes.writeInt32BE(Math.floor(value / 2 ** 32), this.at);
    this.at = this.bytes.writeUInt32BE(value % 2 ** 32, this.at);
  }

  text(value: string): void {
    const length = this.bytes.write(value, this.at + 4, 'utf8');
    this.at = this.bytes.writeInt32BE(length, this.at) + length;
  }

  blob(value: Uint8Array | null): void {
    if (value === null) {
      this.at = this.bytes.writeInt32BE(-1, this.at);
      return;
    }
    this.at = this.bytes.writeInt32BE(value.length, this.at);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  commitments(list: readonly PersonalCommitment[]): void {
    const end = writeCommitments(this.bytes, this.at + 4, list);
    this.bytes.writeInt32BE(end - this.at - 4, this.at);
    this.at = end;
  }

  end(): Buffer {
    this.at = this.bytes.writeInt16BE(-1, this.at);
    return this.bytes.subarray(0, this.at);
  }
}

/** Rows of `entry` for `copy entry (…) from stdin binary`. */
export function entryRows(rows: readonly EntryRow[]): Buffer {
  let size = 0;
  for (const { subject, messageId, head, personal, openings } of rows) {
    const text = 3 * (subject.length + messageId.length);
    size += fixedEntryBytes + text + head.length + commitmentsSize(personal) + (openings?.length ?? 0);
  }
  const copy = new CopyBuffer(size);
  for (const row of rows) {
    copy.row(14);
    copy.int4(row.segment);
    copy.int8(row.index);
    copy.int2(kindCodes[row.kind]);
    copy.int4(row.log);
    copy.int8(row.sequence);
    copy.int8(row.atMs);
    copy.text(row.subject);
    copy.text(row.messageId);
    copy.blob(row.head);
    if (row.personal.length === 0) copy.blob(null);
    else copy.commitments(row.personal);
    copy.blob(row.openings);
    copy.int4(row.sealed.bytes);
    copy.blob(row.sealed.bytes === 0 ? null : row.sealed.digest);
    if (row.contentIndex === null) copy.blob(null);
    else copy.int8(row.contentIndex);
  }
  return copy.end();
}

/** One row of `content`. */
export interface ContentRow {
  segment: number;
  index: number;
  sealed: Uint8Array;
}

/** The columns that `contentRows` writes, in its order. */
export const contentColumns = 'segment, index, sealed';

/** Rows of `content` for `copy content (…) from stdin binary`. */
export function contentRows(rows: readonly ContentRow[]): Buffer {
  const copy = new CopyBuffer(rows.reduce((size, row) => size + 30 + row.sealed.length, 0));
  for (const { segment, index, sealed } of rows) {
    copy.row(3);
    copy.int4(segment);
    copy.int8(index);
    copy.blob(sealed);
  }
  return copy.end();
}
