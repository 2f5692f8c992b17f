import { PutObjectRetentionCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Sink } from '#contracts';
import { gzipped, type Piece, pieceName, type SinkTarget } from '../sink.ts';

type S3Sink = Extract<Sink, { kind: 's3' }>;
export type S3Credentials = () => Promise<{ accessKeyId: string; secretAccessKey: string }>;

const dayMs = 24 * 3_600_000;

/** Keeps pieces as objects; large ones go in parts. */
export class S3Target implements SinkTarget {
  private readonly client: S3Client;

  constructor(
    private readonly sink: S3Sink,
    credentials: S3Credentials,
    answerMs: number,
  ) {
    const { region, endpoint, pathStyle } = sink;
    this.client = new S3Client({
      region,
      // One that has expired is asked for again before each request: a secret may change while we run.
      credentials: async () => ({ ...(await credentials()), expiration: new Date(0) }),
      ...(endpoint !== undefined && { endpoint }),
      forcePathStyle: pathStyle ?? endpoint !== undefined,
      maxAttempts: 1,
      // Without these a server that takes a request and says nothing would hold it, and its socket, for good.
      requestHandler: {
        connectionTimeout: answerMs,
        socketTimeout: answerMs,
        requestTimeout: answerMs,
        throwOnRequestTimeout: true,
      },
    });
  }

  async deliver(piece: Piece, signal: AbortSignal): Promise<number> {
    const location = { Bucket: this.sink.bucket, Key: this.keyOf(piece) };
    const retention = this.retentionAt(Date.now());
    const body = gzipped(piece);
    const upload = new Upload({
      client: this.client,
      queueSize: 1,
      params: {
        ...location,
        Body: body,
        ContentType: 'application/x-ndjson',
        ContentEncoding: 'gzip',
        ...(retention && {
          ObjectLockMode: retention.Mode,
          ObjectLockRetainUntilDate: retention.RetainUntilDate,
        }),
      },
    });
    const abort = () => void upload.abort();
    signal.addEventListener('abort', abort, { once: true });
    const { VersionId } = await upload.done().finally(() => {
      signal.removeEventListener('abort', abort);
      body.destroy();
    });
    if (retention === undefined) return 0;
    // Some servers (RADOS Gateway 16) forget the lock of an object that came in parts.
    const locking = new PutObjectRetentionCommand({ ...location, VersionId, Retention: retention });
    await this.client.send(locking, { abortSignal: signal });
    return 0;
  }

  close(): void {
    this.client.destroy();
  }

  private retentionAt(nowMs: number) {
    const { lock } = this.sink;
    if (lock === undefined) return undefined;
    const Mode = lock.mode === 'compliance' ? ('COMPLIANCE' as const) : ('GOVERNANCE' as const);
    return { Mode, RetainUntilDate: new Date(nowMs + lock.days * dayMs) };
  }

  /** `<prefix>yyyy/mm/dd/<piece>`: by the day of its first entry, so that the same piece has the same key. */
  private keyOf(piece: Piece): string {
    const day = new Date(piece.sinceMs).toISOString().slice(0, 10).replaceAll('-', '/');
    return `${this.sink.prefix}${day}/${pieceName(piece)}`;
  }
}
