import { keyEncryptionKey, Sealer, SubjectNames, secretFiles } from '#sealing';
import type { Setting } from './setting.ts';

/** What seals for carol as ingress does. */
export interface Sealing {
  readonly sealer: Sealer;
  readonly subjectKey: string;
}

/** Close the sealer at the end. */
export async function openSealing(setting: Setting): Promise<Sealing> {
  const hex = async (file: string) => Buffer.from(await setting.secret('ingress', file), 'hex');
  const sealer = new Sealer(
    await setting.bus('ingress'),
    keyEncryptionKey(await hex(secretFiles.keyEncryptionKey)),
  );
  const names = new SubjectNames(await hex(secretFiles.subjectNames));
  return { sealer, subjectKey: names.of({ issuer: setting.issuer, subject: 'carol' }) };
}
