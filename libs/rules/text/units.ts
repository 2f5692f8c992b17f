const beyondAscii = /[^\0-\x7f]/;
/** Text in another script shows that at once; so much of it is looked at before all of it is. */
const firstUnits = 64;

/** True for a text of ASCII alone. Many times as fast as a regular expression where that is so. */
export function isAscii(text: string): boolean {
  if (text.length > firstUnits && beyondAscii.test(text.slice(0, firstUnits))) return false;
  return Buffer.byteLength(text) === text.length;
}

const scratchUnits = 64 * 1024;
const scratch = new Uint16Array(scratchUnits);
const scratchBytes = Buffer.from(scratch.buffer);

/**
 * The code units of a text, for loops that look at each: a read of an array costs less than half of a read of a
 * string. The array may be longer than the text, and holds it only until the next call.
 */
export function unitsOf(text: string): Uint16Array {
  if (text.length <= scratchUnits) {
    scratchBytes.write(text, 0, 'utf16le');
    return scratch;
  }
  const units = new Uint16Array(text.length);
  Buffer.from(units.buffer).write(text, 0, 'utf16le');
  return units;
}
