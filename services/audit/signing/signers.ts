import { createPrivateKey } from 'node:crypto';
import { readSecret } from '#boot';
import { type NoteSigner, noteSigner } from '#ledger';
import { secretFiles } from '#sealing';
import type { AuditSettings } from '../config.ts';

/** The key that signs, and while the ledger is handed over to it, the one before. */
export interface LedgerSigners {
  readonly current: NoteSigner;
  readonly previous: NoteSigner | null;
}

/** Injection token of `LedgerSigners`. */
export const SIGNERS = Symbol('audit:signers');

/** Reads the keys of the secrets directory. */
export async function readSigners(settings: AuditSettings): Promise<LedgerSigners> {
  const open = (pem: string) => noteSigner(settings.origin, createPrivateKey(pem));
  const current = open(await readSecret(settings, secretFiles.ledgerSigningKey));
  const pem = await readSecret(settings, secretFiles.ledgerPreviousKey).catch((error: { code?: string }) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const previous = pem === null ? null : open(pem);
  return { current, previous: previous?.publicKey === current.publicKey ? null : previous };
}
