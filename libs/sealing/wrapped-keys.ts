import { type BucketName, buckets, WrappedKey } from '#contracts';
import { type Bus, MissingDependencyError, type StoredMessage } from '#messaging';
import type { KeyEncryptionKey } from './key-encryption-key.ts';
import type { KeyRing } from './key-source.ts';

const bucket: BucketName = buckets.keys;
const stream = `KV_${bucket}`;
const subjectOf = (name: string): string => `$KV.${bucket}.${name}`;
const timeoutMs = 5000;

/**
 * Where a person's data key may stand: under their name, or, wrapped anew since, under the name and the key-encryption
 * key. In this order, the one that is wrapped last at the end: a key that is being moved is found at one of them.
 */
export function keyNames(subjectKey: string, { current, retired }: KeyRing): string[] {
  return [subjectKey, ...[...retired, current].map(({ id }) => `${subjectKey}.${id}`)];
}

/** The key-encryption key that wrapped an entry. Throws `MissingDependencyError` where this process hasn't it. */
export function wrapperOf({ kek }: WrappedKey, { current, retired }: KeyRing): KeyEncryptionKey {
  const found = [current, ...retired].find(({ id }) => id === kek);
  if (found === undefined) throw new MissingDependencyError(`no key-encryption key ${kek}`);
  return found;
}

/** What one step of a rotation did. */
export interface RotationStep {
  /** Data keys that were wrapped anew. */
  rotated: number;
  /** Data keys that it looked at. */
  seen: number;
  /** Where to go on; null at the end. */
  next: number | null;
}

/**
 * Wraps data keys anew with the current key-encryption key; content isn't touched. Looks at `count` stored keys from
 * the sequence `from` on. May be stopped anywhere and begun again: a key is stored under its new name before the old
 * one is overwritten, and one that was erased meanwhile goes under its new name too.
 */
export async function rotateKeys(
  bus: Bus,
  ring: KeyRing,
  from: number,
  count: number,
): Promise<RotationStep> {
  const step: RotationStep = { rotated: 0, seen: 0, next: null };
  let sequence = from;
  for (; step.seen < count; step.seen += 1) {
    const stored = await bus.readMessage({ sequence, subject: `$KV.${bucket}.>` }, stream).catch(away);
    if (stored === null) return step;
    if (await rewrap(bus, ring, stored)) step.rotated += 1;
    sequence = stored.sequence + 1;
  }
  return { ...step, next: sequence };
}

async function rewrap(bus: Bus, ring: KeyRing, stored: StoredMessage): Promise<boolean> {
  const parsed = WrappedKey.safeParse(JSON.parse(Buffer.from(stored.payload).toString('utf8') || 'null'));
  if (!parsed.success || parsed.data.kek === ring.current.id) return false;
  const subjectKey = stored.subject.slice(subjectOf('').length).split('.')[0] as string;
  const wrapped = Buffer.from(parsed.data.wrapped, 'base64');
  const dataKey = wrapperOf(parsed.data, ring).unwrap(wrapped, subjectKey);
  const entry: WrappedKey = {
    kek: ring.current.id,
    wrapped: ring.current.wrap(dataKey, subjectKey).toString('base64'),
    createdAt: parsed.data.createdAt,
  };
  const name = `${subjectKey}.${ring.current.id}`;
  const keys = await bus.bucket(bucket).catch(away);
  // Refused where a rotation that was cut off stored it already.
  const created = await keys.create(name, JSON.stringify(entry)).catch(() => null);
  if (created === null && (await bus.readMessage({ lastOf: subjectOf(name) }, stream).catch(away)) === null) {
    throw new MissingDependencyError('the key bucket took no key');
  }
  if (await overwrite(bus, stored.sequence)) return true;
  // The person was erased in between: nothing of them may come back.
  await destroyKeys(bus, subjectKey);
  return false;
}

/** Destroys every copy of a person's data key: overwrites its bytes. Gives how many there were. */
export async function destroyKeys(bus: Bus, subjectKey: string): Promise<number> {
  let gone = 0;
  for (const subject of [subjectOf(subjectKey), `${subjectOf(subjectKey)}.>`]) {
    for (;;) {
      const stored = await bus.readMessage({ lastOf: subject }, stream).catch(away);
      if (stored === null) break;
      if (!(await overwrite(bus, stored.sequence))) throw new MissingDependencyError('the broker refused');
      gone += 1;
    }
  }
  return gone;
}

/** Deletes a message with erase, which overwrites its bytes; false where the broker did not. */
async function overwrite(bus: Bus, sequence: number): Promise<boolean> {
  const order = JSON.stringify({ seq: sequence, no_erase: false });
  const reply = await bus.nc
    .request(`$JS.API.STREAM.MSG.DELETE.${stream}`, order, { timeout: timeoutMs })
    .catch(away);
  return reply.json<{ success?: boolean }>().success === true;
}

function away(cause: unknown): never {
  throw new MissingDependencyError('the key bucket is away', { cause });
}
