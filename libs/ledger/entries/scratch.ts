/** What is hashed at once is written here, one after another, so that hashing needs no bytes of its own. */
let scratch = Buffer.alloc(16 * 1024);
const maxScratchBytes = 1024 * 1024;

/** So many bytes to write into, good until the next call. */
export function scratchOf(bytes: number): Buffer {
  if (bytes > maxScratchBytes) return Buffer.allocUnsafe(bytes);
  if (bytes > scratch.length) scratch = Buffer.alloc(2 ** Math.ceil(Math.log2(bytes)));
  return scratch.subarray(0, bytes);
}
