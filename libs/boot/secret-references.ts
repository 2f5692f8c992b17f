import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { secretReferenceOf } from '#contracts';

/** A secret can't be had. The message names the reference, never the secret. */
export class SecretReferenceError extends Error {
  override readonly name = 'SecretReferenceError';
}

/** Opens `${env:NAME}` and `${file:path}` of `sallyport.yaml` at the moment they are used. */
export class SecretReferences {
  constructor(
    private readonly secretsDir: string,
    private readonly environment: (name: string) => string | undefined = (name) => process.env[name],
  ) {}

  /** The secret, without white space around it. Throws `SecretReferenceError` where it is missing or empty. */
  async open(reference: string): Promise<string> {
    const { from, name } = secretReferenceOf(reference);
    if (from === 'file') return this.fromFile(name);
    const value = this.environment(name)?.trim();
    if (!value) throw new SecretReferenceError(`\${env:${name}} is not set`);
    return value;
  }

  private async fromFile(name: string): Promise<string> {
    const root = path.resolve(this.secretsDir);
    const file = path.resolve(root, name);
    if (!file.startsWith(root + path.sep)) {
      throw new SecretReferenceError(`\${file:${name}} is outside of the secrets directory`);
    }
    const value = await readFile(file, 'utf8').catch(() => '');
    if (value.trim() === '') throw new SecretReferenceError(`\${file:${name}} can't be read or is empty`);
    return value.trim();
  }
}
