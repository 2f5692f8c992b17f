import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { type ObjectLockMode, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Sink } from '#contracts';
import { type Piece, pieceName, type SinkTarget } from './sink.ts';

type S3Sink = Extract<Sink, { kind: 's3' }>;
export type S3Credentials = () => Promise<{ accessKeyId: string; secretAccessKey: string }>;

const dayMs = 24 * 3_600_000;

/** Keeps pieces as objects; large ones go in parts. */
export class S3Target implements SinkTarget {
  private readonly client: S3Client;

  constructor(
    private readonly sink: S3Sink,
    credentials: S3Credentials,
  ) {
    const { region, endpoint, pathStyle } = sink;
    this.client = new S3Client({
      region,
      credentials,
      ...(endpoint !== undefined && { endpoint }),
      forcePathStyle: pathStyle ?? endpoint !== undefined,
      maxAttempts: 1,
    });
  }

  async deliver(piece: Piece, signal: AbortSignal): Promise<void> {
    const { bucket, lock } = this.sink;
    const upload = new Upload({
      client: this.client,
      queueSize: 1,
      params: {
        Bucket: bucket,
        Key: this.keyOf(piece),
        Body: Readable.from(piece.lines()).pipe(createGzip()),
        ContentType: 'application/x-ndjson',
        ContentEncoding: 'gzip',
        ...(lock && {
          ObjectLockMode: lock.mode.toUpperCase() as ObjectLockMode,
          ObjectLockRetainUntilDate: new Date(Date.now() + lock.days * dayMs),
        }),
      },
    });
    const abort = () => void upload.abort();
    signal.addEventListener('abort', abort, { once: true });
    await upload.done().finally(() => signal.removeEventListener('abort', abort));
  }

  close(): void {
    this.client.destroy();
  }

  /** `<prefix>yyyy/mm/dd/<piece>`: by the day of its first entry, so that the same piece has the same key. */
  private keyOf(piece: Piece): string {
    const day = new Date(piece.sinceMs).toISOString().slice(0, 10).replaceAll('-', '/');
    return `${this.sink.prefix}${day}/${pieceName(piece)}`;
  }
}
