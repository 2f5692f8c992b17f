import { ActiveRevision } from '#boot';
import { buckets, CodedError, configActivated, configKeys, encodeEnvelope, type Principal } from '#contracts';
import type { Bus } from '#messaging';
import type { CompiledPolicy } from '#rules';

/** NATS takes 2 MiB in one message; the document stands in one, beside its number and digest. */
const maxDocumentBytes = 1_900_000;

export interface InForce {
  active: ActiveRevision;
  number: number;
  /** Revision of the KV entry, for compare-and-set. */
  entry: number;
}

export function numberOf(revision: string): number {
  return Number.parseInt(revision.slice(1), 10);
}

/** What stands in KV `config` now. */
export async function readInForce(bus: Bus): Promise<InForce | undefined> {
  const bucket = await bus.bucket(buckets.config);
  const entry = await bucket.get(configKeys.active);
  if (entry?.operation !== 'PUT') return undefined;
  const active = ActiveRevision.parse(entry.json());
  return { active, number: numberOf(active.revision), entry: entry.revision };
}

/**
 * Puts a revision into KV `config`: first the masking profiles it names, combinations too, then the document, by
 * compare-and-set against `before`. Throws `config.outdated` where another revision came first.
 */
export async function putInForce(
  bus: Bus,
  revision: ActiveRevision,
  policy: CompiledPolicy,
  before: InForce | undefined,
): Promise<void> {
  const text = JSON.stringify(revision);
  if (Buffer.byteLength(text) > maxDocumentBytes) {
    throw new CodedError('config.invalid', `The document is larger than ${maxDocumentBytes} bytes.`);
  }
  const bucket = await bus.bucket(buckets.config);
  for (const { reference, profile } of policy.profiles.values()) {
    await bucket.put(configKeys.profile(reference.digest), JSON.stringify(profile));
  }
  try {
    await (before
      ? bucket.update(configKeys.active, text, before.entry)
      : bucket.create(configKeys.active, text));
  } catch (cause) {
    const now = await readInForce(bus);
    if (now?.entry === before?.entry) throw cause;
    throw new CodedError('config.outdated', `Revision ${now?.active.revision} came into force meanwhile.`, {
      cause,
    });
  }
}

/** Says that a revision is in force. Said twice it is stored once, for as long as the log looks for duplicates. */
export async function announce(
  bus: Bus,
  { revision, digest, activatedAt: at, approval }: ActiveRevision,
  message: string,
  author: Principal | undefined,
): Promise<void> {
  const head = { revision, digest, message, at, ...(author && { author }), ...(approval && { approval }) };
  await bus.publish(configActivated.subject(), encodeEnvelope(head), {
    messageId: `config:${revision}:${at}:activated`,
  });
}
