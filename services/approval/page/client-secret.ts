import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { secretReferenceOf } from '#contracts';

/** Where secrets are looked up. */
export interface SecretPlaces {
  secretsDir: string;
  variable: (name: string) => string | undefined;
}

/** Reads the secret that `sallyport.yaml` refers to. Throws an Error naming the reference, never the secret. */
export async function readReferredSecret(reference: string, places: SecretPlaces): Promise<string> {
  const { from, name } = secretReferenceOf(reference);
  const value = from === 'env' ? places.variable(name) : await fromFile(name, places.secretsDir);
  if (value === undefined || value.trim() === '') throw new Error(`${reference} is missing or empty`);
  return value.trim();
}

async function fromFile(name: string, secretsDir: string): Promise<string | undefined> {
  const root = path.resolve(secretsDir);
  const file = path.resolve(root, name);
  if (!file.startsWith(root + path.sep))
    throw new Error(`\${file:${name}} is outside of the secrets directory`);
  return readFile(file, 'utf8').catch(() => undefined);
}
