/** One UTF-8 sequence (RFC 3629): its code point and its length in bytes. */
export interface Utf8Character {
  readonly codePoint: number;
  readonly length: number;
}

/** The sequence at `at`, or undefined where the bytes are not UTF-8. `byteAt` gives -1 past the end. */
export function utf8At(byteAt: (index: number) => number, at: number): Utf8Character | undefined {
  const first = byteAt(at);
  if (first < 0) return undefined;
  if (first < 0x80) return { codePoint: first, length: 1 };
  const length = sequenceLength(first);
  if (length === 0) return undefined;
  let codePoint = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const byte = byteAt(at + i);
    if (byte < 0x80 || byte > 0xbf) return undefined;
    codePoint = (codePoint << 6) | (byte & 0x3f);
  }
  const smallest = length === 4 ? 0x10000 : length === 3 ? 0x800 : 0x80;
  const surrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
  return codePoint < smallest || codePoint > 0x10ffff || surrogate ? undefined : { codePoint, length };
}

function sequenceLength(first: number): number {
  if (first >= 0xf0) return first < 0xf5 ? 4 : 0;
  if (first >= 0xe0) return 3;
  return first >= 0xc2 ? 2 : 0;
}
