/** A line that is longer than allowed, or a last line without its newline. */
export class LineSplitError extends Error {
  readonly code: 'too_long' | 'unfinished';
  constructor(code: 'too_long' | 'unfinished') {
    super(code);
    this.code = code;
  }
}

const newline = 0x0a;

/**
 * Cuts a byte stream into lines, each with its newline. Throws `LineSplitError` at a line over `maxLineBytes` and
 * at an end inside a line.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const bytes of chunks) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      const part = chunk.subarray(from, end + 1);
      if (heldBytes + part.length > maxLineBytes) throw new LineSplitError('too_long');
      yield held.length === 0 ? part : Buffer.concat([...held, part]);
      held = [];
      heldBytes = 0;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    // A copy: a reader may fill the same buffer again.
    held.push(Buffer.from(chunk.subarray(from)));
    heldBytes += chunk.length - from;
    if (heldBytes > maxLineBytes) throw new LineSplitError('too_long');
  }
  if (heldBytes > 0) throw new LineSplitError('unfinished');
}
