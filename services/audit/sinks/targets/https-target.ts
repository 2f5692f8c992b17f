import { buffer } from 'node:stream/consumers';
import { gzipped, type Piece, pieceName, type SinkTarget } from '../sink.ts';
import { post } from './post.ts';

/** Sends each piece by POST: gzipped NDJSON with its name as the idempotency key. */
export class HttpsTarget implements SinkTarget {
  constructor(
    private readonly url: string,
    private readonly authorization: () => Promise<string | undefined>,
    private readonly answerMs: number,
  ) {}

  async deliver(piece: Piece, signal: AbortSignal): Promise<number> {
    const body = await buffer(gzipped(piece));
    await post({
      url: this.url,
      authorization: await this.authorization(),
      body,
      answerMs: this.answerMs,
      signal,
      isPassing: (status) => status >= 500 || status === 408 || status === 425 || status === 429,
      headers: {
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        'idempotency-key': pieceName(piece),
        'x-sallyport-entries': `${piece.from}-${piece.to}`,
      },
    });
    return 0;
  }
}
