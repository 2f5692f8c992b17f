import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApprovalRequested, type Asker, approvalRequested, encodeEnvelope } from '#contracts';
import { QuestionSigner, secretFiles } from '#sealing';
import type { World } from '#testing';

const signingKeys = {
  policy: secretFiles.configSigningKey,
  masking: secretFiles.maskingSigningKey,
  audit: secretFiles.auditSigningKey,
} as const satisfies Record<Asker, string>;

/** Signs questions as one of the services that may ask them. */
export async function signerOf(world: World, asker: Asker): Promise<QuestionSigner> {
  return new QuestionSigner(await readFile(join(world.secrets.dirOf(asker), signingKeys[asker]), 'utf8'));
}

/** Puts something before people as its service does: with its rights at the broker, and its signature. */
export async function ask(
  world: World,
  asker: Asker,
  head: ApprovalRequested,
  tail?: Uint8Array,
): Promise<void> {
  const [bus, signer] = [await world.bus(asker), await signerOf(world, asker)];
  await bus.publish(approvalRequested.subject(), encodeEnvelope(signer.sign(head), tail));
}
