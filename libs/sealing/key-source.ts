import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KeyEncryptionKey, keyEncryptionKey } from './key-encryption-key.ts';
import { secretFiles } from './signing/release-signing.ts';

/** The key-encryption keys that a process knows: one that wraps, and those that still open what they wrapped. */
export interface KeyRing {
  readonly current: KeyEncryptionKey;
  /** Keys that were current before, oldest first. */
  readonly retired: readonly KeyEncryptionKey[];
}

/** Where key-encryption keys come from. */
export interface KeySource {
  /** Throws where there is no key, or one that isn't 64 hex digits. */
  read(): Promise<KeyRing>;
}

/** Retired keys, one a line, oldest first; beside the current one. */
export const retiredKeysFile = 'kek-retired.hex';

/** Keys in the secrets directory: `kek.hex`, and while keys are rotated `kek-retired.hex`. */
export function fileKeySource(dir: string): KeySource {
  return {
    read: async () => {
      const retired = await readFile(join(dir, retiredKeysFile), 'utf8').catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return '';
          throw error;
        },
      );
      return keyRing(await readFile(join(dir, secretFiles.keyEncryptionKey), 'utf8'), retired);
    },
  };
}

/** Keys in the environment: `SALLYPORT_KEK`, and while keys are rotated `SALLYPORT_KEK_RETIRED` (comma-separated). */
export function environmentKeySource(environment: NodeJS.ProcessEnv): KeySource {
  return {
    read: async () => keyRing(environment.SALLYPORT_KEK ?? '', environment.SALLYPORT_KEK_RETIRED ?? ''),
  };
}

/** The environment's keys where it names one, else those of the secrets directory. */
export function keySource(dir: string, environment: NodeJS.ProcessEnv): KeySource {
  return environment.SALLYPORT_KEK === undefined ? fileKeySource(dir) : environmentKeySource(environment);
}

/** A ring of keys as hex digits. Throws `RangeError` for what is none. */
export function keyRing(current: string, retired = ''): KeyRing {
  const keys = retired.split(/[\s,]+/).filter((text) => text !== '');
  const ring = { current: keyOf(current.trim()), retired: keys.map(keyOf) };
  return { ...ring, retired: ring.retired.filter(({ id }) => id !== ring.current.id) };
}

function keyOf(hex: string): KeyEncryptionKey {
  if (!/^[0-9a-fA-F]{64}$/.test(hex)) throw new RangeError('a key-encryption key is 64 hex digits');
  return keyEncryptionKey(Buffer.from(hex, 'hex'));
}

/** Reads the current key-encryption key (64 hex digits) from a file. */
export async function readKeyEncryptionKey(path: string): Promise<KeyEncryptionKey> {
  return keyOf((await readFile(path, 'utf8')).trim());
}
