import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** What was read, and where something was found that should be nowhere. */
export interface MarkerReport {
  files: number;
  bytes: number;
  /** Each file, and how much of it there was. */
  read: { file: string; bytes: number }[];
  hits: { file: string; form: string; marker: string }[];
}

interface Pattern {
  marker: string;
  form: string;
  bytes: Buffer;
}

/** A text as it could stand in a file: as it is, in UTF-16, hex, and base64 at each of its three alignments. */
export function formsOf(text: string): Pattern[] {
  const bytes = Buffer.from(text, 'utf8');
  const shifted = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The first and last characters also depend on the neighbours.
    return encoded.slice(Math.ceil((offset * 4) / 3), -4).replace(/=+$/, '');
  });
  return [
    { form: 'text', bytes },
    { form: 'utf-16', bytes: Buffer.from(text, 'utf16le') },
    { form: 'hex', bytes: Buffer.from(bytes.toString('hex')) },
    ...shifted.map((piece, i) => ({ form: `base64+${i}`, bytes: Buffer.from(piece) })),
  ].map((pattern) => ({ marker: text, ...pattern }));
}

/** Reads every file below `dir` and looks for each marker in each form. Files that go away meanwhile are passed over. */
export async function findMarkers(dir: string, markers: readonly string[]): Promise<MarkerReport> {
  const patterns = markers.flatMap(formsOf);
  const report: MarkerReport = { files: 0, bytes: 0, read: [], hits: [] };
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    await searchFile(file, patterns, report).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  return report;
}

/** What a file says: of a compressed one, what was compressed. */
function bytesOf(file: string): Readable {
  const bytes = createReadStream(file, { highWaterMark: 4 * 1024 * 1024 });
  if (!file.endsWith('.gz')) return bytes;
  const clear = createGunzip();
  bytes.on('error', (error) => clear.destroy(error));
  return bytes.pipe(clear);
}

async function searchFile(file: string, patterns: readonly Pattern[], report: MarkerReport): Promise<void> {
  const longest = patterns.reduce((most, { bytes }) => Math.max(most, bytes.length), 0);
  const found = new Set<Pattern>();
  const read = { file, bytes: 0 };
  let kept = Buffer.alloc(0);
  report.files += 1;
  report.read.push(read);
  for await (const chunk of bytesOf(file)) {
    const bytes = Buffer.concat([kept, chunk as Buffer]);
    report.bytes += (chunk as Buffer).length;
    read.bytes += (chunk as Buffer).length;
    for (const pattern of patterns) {
      if (!found.has(pattern) && bytes.includes(pattern.bytes)) found.add(pattern);
    }
    kept = bytes.subarray(Math.max(0, bytes.length - longest + 1));
  }
  for (const { form, marker } of found) report.hits.push({ file, form, marker });
}
