import type { LedgerKey } from '#contracts';

/** The keys from the first that signed in an export to the newest: each one's handover is signed by the one before. Pure. */
export function keysOf(keys: readonly LedgerKey[], signed: ReadonlySet<string>): LedgerKey[] {
  const first = keys.findIndex(({ key }) => signed.has(key.split('+')[1] ?? ''));
  return keys.slice(Math.max(0, first));
}

/** The ids of the keys that signed a note (C2SP signed-note): the first four bytes of each signature. Pure. */
export function signersOf(note: string): string[] {
  return [...note.matchAll(/^— \S+ (\S+)$/gmu)].map(([, signature = '']) =>
    Buffer.from(signature, 'base64').subarray(0, 4).toString('hex'),
  );
}
