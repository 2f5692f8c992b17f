/**
 * Joins fields so that no two different lists give the same bytes: each is preceded by its length (u32be).
 * A string counts as its UTF-8 bytes.
 */
export function lengthPrefixed(...fields: (string | Uint8Array)[]): Buffer {
  const sizes = fields.map((field) => (typeof field === 'string' ? Buffer.byteLength(field) : field.length));
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + 4 + size, 0));
  let at = 0;
  fields.forEach((field, i) => {
    at = writeField(bytes, at, field, sizes[i] as number);
  });
  return bytes;
}

/** Writes one length-prefixed field and returns the position after it. */
export function writeField(bytes: Buffer, at: number, field: string | Uint8Array, size: number): number {
  bytes.writeUInt32BE(size, at);
  if (typeof field === 'string') bytes.write(field, at + 4, 'utf8');
  else bytes.set(field, at + 4);
  return at + 4 + size;
}
