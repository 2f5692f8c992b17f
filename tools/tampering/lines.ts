import {
  type EntryLine,
  type ExportLine,
  encodeEntry,
  leafHash,
  type NoteSigner,
  sealText,
  sha256,
  signNote,
} from '#ledger';

/** An export in parts, and the keys of the drill: the log's own, and a stranger's of the same name. */
export interface Target {
  origin: string;
  /** Every line but the seal. */
  lines: readonly ExportLine[];
  signer: NoteSigner;
  stranger: NoteSigner;
}

/** One way to tamper; `undefined` where the dice found nothing to change. */
export type Attack = (target: Target, dice: Dice) => Buffer | undefined;

/** Numbers from a seed: `dice(n)` is an integer in [0, n). */
export type Dice = (below: number) => number;

export const isEntry = (line: ExportLine): line is EntryLine => line.line === 'entry';

/** The bytes of an export, sealed by `by`. */
export function seal(lines: readonly ExportLine[], origin: string, by: NoteSigner): Buffer {
  const body = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const note = signNote(sealText(origin, lines.length, sha256(body)), [by]);
  return Buffer.concat([body, Buffer.from(`${JSON.stringify({ line: 'seal', note })}\n`)]);
}

/** The entry with the leaf hash that its fields have: what someone who knows the format would write. */
export function rehash(line: EntryLine): EntryLine {
  const bytes = (text: string) => Buffer.from(text, 'base64');
  const leaf = leafHash(
    encodeEntry({
      ...line,
      head: Buffer.from(line.head),
      personal: line.personal.map((part) => ({ ...part, digest: bytes(part.digest) })),
      sealed: { bytes: line.sealed.bytes, digest: bytes(line.sealed.digest) },
    }),
  );
  return { ...line, leaf: leaf.toString('base64') };
}

/** Where one of the entries that fit stands; -1 where none does. */
export function pickEntry(
  lines: readonly ExportLine[],
  dice: Dice,
  fits: (line: EntryLine) => boolean = () => true,
): number {
  const at = lines.flatMap((line, i) => (isEntry(line) && fits(line) ? [i] : []));
  return at[dice(at.length)] ?? -1;
}

/** Numbers the entries from `at` on again, so that nothing seems to be missing. */
export function renumber(lines: readonly ExportLine[], at: number, by: number): ExportLine[] {
  return lines.map((line, i) =>
    i >= at && isEntry(line)
      ? rehash({ ...line, index: line.index + by, sequence: line.sequence + by })
      : line,
  );
}
