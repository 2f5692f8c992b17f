import { hash, timingSafeEqual } from 'node:crypto';
import type { BodyReference } from '#contracts';
import { type BodyStore, MissingDependencyError, PoisonError } from '#messaging';
import { contentLabel, type Sealer } from '#sealing';

/** Opens a request's body and checks that it is the one the event names. Throws `PoisonError` where it is not. */
export async function openBody(
  request: { requestId: string; version: number; subjectKey: string; body: BodyReference; tail: Uint8Array },
  sealer: Sealer,
  bodies: BodyStore,
): Promise<Buffer> {
  const { requestId, version, subjectKey, body, tail } = request;
  const sealed = body.location.in === 'store' ? await fetchBody(bodies, body.location.name) : tail;
  const bytes = await sealer.open(subjectKey, contentLabel(requestId, `body:${version}`), sealed);
  const digest = hash('sha256', bytes, 'buffer');
  if (!timingSafeEqual(digest, Buffer.from(body.digest, 'hex'))) throw new PoisonError('the body is another');
  return bytes;
}

async function fetchBody(bodies: BodyStore, name: string): Promise<Uint8Array> {
  const sealed = await bodies.get(name).catch((error: Error) => {
    throw new MissingDependencyError('the body store is away', { cause: error });
  });
  if (!sealed) throw new PoisonError('the stored body is gone');
  return sealed;
}
