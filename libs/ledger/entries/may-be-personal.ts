/**
 * What a head's JSON text shows where `splitHead` would take something out of it, and now and then where it wouldn't: a
 * personal key, an address that a caller could write into, or an escaped letter, which could hide one of these.
 */
const personal = new RegExp(
  [
    /"(?:subject|email|groups|address|clientAddress|userAgent|claims|questionSignature|target)"/,
    /"path"\s*:\s*"(?:[^"\\]|\\.)*\?/,
    /"protocol"\s*:\s*"http"/,
    /\\u/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

/** False where nothing in a head is personal, by its JSON text: then it needn't be walked. Pure. */
export function mayBePersonal(headText: string): boolean {
  return personal.test(headText);
}
