import { type Entry, entryLeafHash } from '../entries/entry.ts';
import { noteSignerFromSeed } from '../signing/keys.ts';
import { signNote } from '../signing/note.ts';
import { sha256 } from '../tree/hashing.ts';
import { parseLine } from '../verifying/parse-line.ts';
import { type ExportReport } from '../verifying/problems.ts';
import { verifyExport } from '../verifying/verify-export.ts';
import { type EntryLine, type ExportLine, sealText } from './export-lines.ts';
import { sampleExport } from './sample-export.ts';

export const origin = 'sallyport.example/ledger';
export const signer = noteSignerFromSeed(origin, Buffer.alloc(32, 1));
export const stranger = noteSignerFromSeed(origin, Buffer.alloc(32, 2));

/** 120 entries as the ledger's writer would export them. */
export const sample: readonly string[] = await sampleExport({ entries: 120, seed: 1, signer, origin });

export async function* chunksOf(bytes: Buffer, size = 1000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export type Options = Parameters<typeof verifyExport>[2];

export function check(lines: readonly string[] | Buffer, options?: Options): Promise<ExportReport> {
  const bytes = Buffer.isBuffer(lines) ? lines : Buffer.from(lines.join(''));
  return verifyExport(chunksOf(bytes), [signer.publicKey], options);
}

/** The export as someone with the writer's key, but not its checkpoints, would write it after changing lines. */
export function reseal(change: (lines: ExportLine[]) => ExportLine[], by = signer): string[] {
  const lines = change(sample.slice(0, -1).map((line) => parseLine(line))).map(
    (line) => `${JSON.stringify(line)}\n`,
  );
  const text = sealText(origin, lines.length, sha256(Buffer.from(lines.join(''))));
  return [...lines, `${JSON.stringify({ line: 'seal', note: signNote(text, [by]) })}\n`];
}

export const isEntry = (line: ExportLine): line is EntryLine => line.line === 'entry';

export function changeEntry(index: number, change: (entry: EntryLine) => EntryLine): string[] {
  return reseal((lines) =>
    lines.map((line) => (isEntry(line) && line.index === index ? change(structuredClone(line)) : line)),
  );
}

/** The leaf hash that an entry's line should have. */
export function honestLeaf(line: EntryLine): string {
  const entry: Entry = {
    ...line,
    head: Buffer.from(line.head),
    personal: line.personal.map((part) => ({ ...part, digest: Buffer.from(part.digest, 'base64') })),
    sealed: { bytes: line.sealed.bytes, digest: Buffer.from(line.sealed.digest, 'base64') },
  };
  return entryLeafHash(entry).toString('base64');
}

export const noteOf = (lines: readonly string[]) =>
  lines
    .map((line) => parseLine(line))
    .flatMap((line) => (line.line === 'checkpoint' ? [line.note] : []))
    .at(-1) as string;

export function safeParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
