import { type Entry, entryLeafHash } from '../entries/entry.ts';
import { commitPersonal, saltBytes } from '../entries/personal.ts';
import type { EntryLine, PersonalLine } from '../exporting/export-lines.ts';
import { sameHash, sha256 } from '../tree/hashing.ts';
import type { Problem } from './problems.ts';

/** What one exported entry says about itself, without its neighbours. */
export interface EntryFinding {
  /** The leaf hash that the export states; the tree decides whether it is true. */
  leaf: Buffer;
  problems: Problem[];
  hasContent: boolean;
  /** The keys of the people whose values are gone. */
  goneOwners: string[];
}

const bytesOf = (text: string) => Buffer.from(text, 'base64');

/**
 * Checks an exported entry against its stated leaf hash, its commitments and its content digest.
 * `isWithheld`: the export holds no personal values, and doesn't say which were erased.
 */
export function checkEntry(line: EntryLine, isWithheld = false): EntryFinding {
  const problems: Problem[] = [];
  const leaf = bytesOf(line.leaf);
  if (!sameHash(entryLeafHash(entryOf(line)), leaf)) {
    problems.push({
      code: 'entry.changed',
      detail: 'the entry does not have the leaf hash that the tree holds',
    });
  }
  const goneOwners: string[] = [];
  for (const part of line.personal) {
    if (part.salt === null || part.value === null) {
      if (isWithheld) continue;
      if (part.ownerKey !== '') goneOwners.push(part.ownerKey);
      else problems.push({ code: 'entry.personal_missing', detail: `${part.path} is gone and has no owner` });
    } else if (!opens(part, part.salt, part.value)) {
      problems.push({ code: 'entry.personal_changed', detail: `${part.path} is not what was committed to` });
    }
  }
  const { bytes, digest, data } = line.sealed;
  if (data !== null && !isContent(bytesOf(data), bytes, bytesOf(digest))) {
    problems.push({ code: 'entry.content_changed', detail: 'the sealed content does not have its digest' });
  }
  return { leaf, problems, hasContent: data !== null || bytes === 0, goneOwners };
}

function entryOf(line: EntryLine): Entry {
  return {
    kind: line.kind,
    logId: line.logId,
    sequence: line.sequence,
    atMs: line.atMs,
    subject: line.subject,
    messageId: line.messageId,
    head: Buffer.from(line.head, 'utf8'),
    personal: line.personal.map(({ path, ownerKey, digest }) => ({
      path,
      ownerKey,
      digest: bytesOf(digest),
    })),
    sealed: { bytes: line.sealed.bytes, digest: bytesOf(line.sealed.digest) },
  };
}

function opens(part: PersonalLine, saltText: string, value: string): boolean {
  const salt = bytesOf(saltText);
  if (salt.length !== saltBytes) return false;
  return sameHash(commitPersonal({ path: part.path, value }, salt), bytesOf(part.digest));
}

function isContent(data: Buffer, bytes: number, digest: Buffer): boolean {
  return data.length === bytes && sameHash(sha256(data), digest);
}
