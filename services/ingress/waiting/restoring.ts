import { createHash } from 'node:crypto';
import { answerRestored, buckets, encodeEnvelope, VaultContent, VaultEntry, vaultKeys } from '#contracts';
import type { Bus } from '#messaging';
import { type AnswerStream, findRoute } from '#protocols';
import { openRestorer } from '#redaction';
import { ContentErasedError, type Sealer } from '#sealing';

/** Gives a caller back what masking took out of the prompt: the last step before bytes leave. */
export class Restoring {
  constructor(
    private readonly bus: Bus,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Opens what the vault holds for a request; null where that is over, or erased: then placeholders stay. Throws where
   * the vault can't be read.
   */
  async open(subjectKey: string, requestId: string, nowMs: number): Promise<RestoredAnswer | null> {
    const key = vaultKeys.request(subjectKey, requestId);
    const bucket = await this.bus.bucket(buckets.vault);
    const entry = await bucket.get(key);
    if (entry?.operation !== 'PUT') return null;
    const { expiresAt, sealed } = VaultEntry.parse(entry.json());
    if (expiresAt <= nowMs) return null;
    try {
      const clear = await this.sealer.open(subjectKey, key, Buffer.from(sealed, 'base64'));
      return restoredAnswer(VaultContent.parse(JSON.parse(clear.toString('utf8'))), nowMs);
    } catch (error) {
      if (error instanceof ContentErasedError) return null;
      throw error;
    }
  }

  /** Says which bytes a caller got; the same bytes again are said once. */
  async record(
    { requestId, subjectKey }: { requestId: string; subjectKey: string },
    restored: RestoredAnswer,
    nowMs: number,
  ): Promise<void> {
    const head = { requestId, subjectKey, ...restored.written(), at: nowMs };
    const messageId = `${requestId}:restored:${head.digest}`;
    await this.bus.publish(answerRestored.subject(), encodeEnvelope(head), { messageId });
  }
}

/** One answer on its way to its caller; placeholders may be cut anywhere. */
export interface RestoredAnswer {
  whole(bytes: Uint8Array): Uint8Array;
  push(bytes: Uint8Array): Uint8Array;
  end(): Uint8Array;
  /** SHA-256 (hex) and number of all bytes that it gave. */
  written(): { digest: string; bytes: number };
}

/** Reads the answer as its protocol does, so that values are written as text, JSON or the JSON inside a tool call. */
export function restoredAnswer(
  { method, path, answersJson, values }: VaultContent,
  nowMs: number,
): RestoredAnswer | null {
  const found = findRoute(method, path.split('?', 1)[0] ?? path);
  if (!found) return null;
  const live = Object.entries(values).filter(([, [, until]]) => until > nowMs);
  const vault = new Map(live.map(([placeholder, [value]]) => [placeholder, value]));
  const { protocol, route } = found;
  const options = { openMask: () => openRestorer(vault), contentIsJson: answersJson };
  let stream: AnswerStream | undefined;
  const hash = createHash('sha256');
  let count = 0;
  const counted = (bytes: Uint8Array): Uint8Array => {
    hash.update(bytes);
    count += bytes.length;
    return bytes;
  };
  return {
    whole(bytes) {
      const restored = protocol.maskAnswer(bytes, route, options);
      return counted(restored.kind === 'masked' ? restored.bytes : bytes);
    },
    push(bytes) {
      stream ??= protocol.openAnswerStream(route, options);
      return counted(stream.push(bytes));
    },
    end: () => counted(stream?.end().bytes ?? new Uint8Array()),
    written: () => ({ digest: hash.copy().digest('hex'), bytes: count }),
  };
}
