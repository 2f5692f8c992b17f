import { createHash } from 'node:crypto';
import type { Entry } from '../entries/entry.ts';
import type { NoteSigner } from '../signing/keys.ts';
import { signNote } from '../signing/note.ts';
import { coverRange, type NodeReader } from '../tree/nodes.ts';
import { type ExportLine, type ExportScope, exportFormat, sealText } from './export-lines.ts';

/** One entry with what is left of its content and its personal values. */
export interface ExportEntry {
  /** Its place in the tree. */
  index: number;
  entry: Entry;
  /** The leaf hash as stored with the tree. */
  leaf: Uint8Array;
  /** One per commitment of the entry; `null` where it was destroyed. */
  openings: readonly (PersonalOpening | null)[];
  /** The sealed tail; `null` where it was dropped. */
  tail: Uint8Array | null;
}

/** The salt and JSON text that open a commitment. */
export interface PersonalOpening {
  salt: Uint8Array;
  value: string;
}

const base64 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/**
 * Writes an export line by line; each method returns the line with its newline, to be written in the order of the
 * calls: header, tombstones, then entries, skipped ranges and checkpoints as the tree has them, then the seal.
 */
export class ExportWriter {
  readonly #origin: string;
  readonly #hash = createHash('sha256');
  #lines = 0;

  constructor(origin: string) {
    this.#origin = origin;
  }

  #write(line: ExportLine): string {
    const text = `${JSON.stringify(line)}\n`;
    this.#hash.update(text);
    this.#lines += 1;
    return text;
  }

  header(scope: ExportScope, keys: readonly string[], personal?: 'withheld'): string {
    return this.#write({
      line: 'header',
      format: exportFormat,
      origin: this.#origin,
      scope,
      keys: [...keys],
      ...(personal && { personal }),
    });
  }

  /** A signed tombstone (see `signTombstone`). */
  tombstone(note: string): string {
    return this.#write({ line: 'tombstone', note });
  }

  entry({ index, entry, leaf, openings, tail }: ExportEntry): string {
    const { kind, logId, sequence, atMs, subject, messageId, sealed } = entry;
    const personal = entry.personal.map(({ path, ownerKey, digest }, i) => {
      const opening = openings[i] ?? null;
      const salt = opening === null ? null : base64(opening.salt);
      return { path, ownerKey, digest: base64(digest), salt, value: opening?.value ?? null };
    });
    return this.#write({
      line: 'entry',
      index,
      kind,
      logId,
      sequence,
      atMs,
      subject,
      messageId,
      head: Buffer.from(entry.head).toString('utf8'),
      personal,
      sealed: {
        bytes: sealed.bytes,
        digest: base64(sealed.digest),
        data: tail === null ? null : base64(tail),
      },
      leaf: base64(leaf),
    });
  }

  /** The entries `[from, to)` are not in this export; their subtrees are read from the stored nodes. */
  async skipped(from: number, to: number, readNodes: NodeReader): Promise<string> {
    const nodes = await readNodes(coverRange(from, to));
    return this.#write({ line: 'skipped', from, to, nodes: nodes.map(base64) });
  }

  /** A signed checkpoint (see `signCheckpoint`), directly after the last entry it covers. */
  checkpoint(note: string): string {
    return this.#write({ line: 'checkpoint', note });
  }

  /** Ends the export: signs every byte before. */
  seal(signer: NoteSigner): string {
    const note = signNote(sealText(this.#origin, this.#lines, this.#hash.copy().digest()), [signer]);
    return this.#write({ line: 'seal', note });
  }
}
