import { noteVerifier } from '../signing/keys.ts';
import { type ExportOptions, ExportVerifier } from './export-verifier.ts';
import type { ExportReport } from './problems.ts';
import { LineSplitError, splitLines } from './split-lines.ts';

/** Longest line that is read. */
export const maxExportLineBytes = 64 * 1024 * 1024;

/**
 * Verifies an export offline with nothing but the log's public keys (as `noteSigner` gives them): every entry,
 * commitment, digest, number, checkpoint, tombstone and the seal. Streams: memory doesn't grow with the export.
 * Never throws for what the bytes hold; throws `RangeError` for a malformed public key, and what `chunks` throws.
 */
export async function verifyExport(
  chunks: AsyncIterable<Uint8Array>,
  publicKeys: readonly string[],
  options: ExportOptions = {},
): Promise<ExportReport> {
  const verifier = new ExportVerifier(publicKeys.map(noteVerifier), options);
  try {
    for await (const line of splitLines(chunks, maxExportLineBytes)) {
      if (!verifier.take(line)) break;
    }
  } catch (error) {
    if (!(error instanceof LineSplitError)) throw error;
    if (error.code === 'too_long') verifier.refuse('a line is too long');
    else verifier.cut();
  }
  return verifier.finish();
}
