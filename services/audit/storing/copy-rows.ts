import type { Entry } from '#ledger';
import { commitmentsSize, writeCommitments } from '../personal/personal-columns.ts';
import type { CopyBuffer } from './copy-buffer.ts';

/** Where an entry stands, and what the tree doesn't cover of its row. */
export interface EntryPlace {
  segment: number;
  index: number;
  log: number;
  openings: Buffer | null;
  contentIndex: number | null;
}

/** The codes in column `entry.kind`. */
const kindCodes = { event: 0, gap: 1 } as const;

/** The columns that `addEntryRow` writes, in its order. */
export const entryColumns =
  'segment, index, kind, log, sequence, at, subject, message_id, head, personal, openings, sealed_bytes, sealed_digest, content_index';

/** The columns that `addContentRow` writes, in its order. */
export const contentColumns = 'segment, index, sealed';

const fixedEntryBytes = 192;

/** Adds a row of `entry` for `copy entry (…) from stdin binary`. */
export function addEntryRow(copy: CopyBuffer, entry: Entry, place: EntryPlace): void {
  const { subject, messageId, head, personal, sealed } = entry;
  const { openings, contentIndex } = place;
  const text = 3 * (subject.length + messageId.length);
  const own = head.length + commitmentsSize(personal) + (openings?.length ?? 0);
  copy.row(14, fixedEntryBytes + text + own);
  copy.int4(place.segment);
  copy.int8(place.index);
  copy.int2(kindCodes[entry.kind]);
  copy.int4(place.log);
  copy.int8(entry.sequence);
  copy.int8(entry.atMs);
  copy.text(subject);
  copy.text(messageId);
  copy.blob(head);
  if (personal.length === 0) copy.nothing();
  else copy.written((bytes, at) => writeCommitments(bytes, at, personal));
  if (openings === null) copy.nothing();
  else copy.blob(openings);
  copy.int4(sealed.bytes);
  if (sealed.bytes === 0) copy.nothing();
  else copy.blob(sealed.digest);
  if (contentIndex === null) copy.nothing();
  else copy.int8(contentIndex);
}

/** Adds a row of `content` for `copy content (…) from stdin binary`. */
export function addContentRow(copy: CopyBuffer, segment: number, index: number, sealed: Uint8Array): void {
  copy.row(3, 24 + sealed.length);
  copy.int4(segment);
  copy.int8(index);
  copy.blob(sealed);
}
