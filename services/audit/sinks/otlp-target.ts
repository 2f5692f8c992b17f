import { z } from 'zod';
import { NotTakenError, post } from './post.ts';
import type { Piece, PieceRecord, SinkTarget } from './sink.ts';

const recordsInOne = 500;
const severityInfo = 9;

const Answer = z.object({
  partialSuccess: z.object({ rejectedLogRecords: z.coerce.number().default(0) }).nullish(),
});

/** Sends entries as log records (OTLP/HTTP with JSON, opentelemetry-proto 1.x). */
export class OtlpTarget implements SinkTarget {
  constructor(
    private readonly url: string,
    private readonly origin: string,
    private readonly authorization: () => Promise<string | undefined>,
    private readonly answerMs: number,
  ) {}

  async deliver(piece: Piece, signal: AbortSignal): Promise<void> {
    let batch: object[] = [];
    for await (const record of piece.records()) {
      batch.push(logRecord(record));
      if (batch.length < recordsInOne) continue;
      await this.send(batch, signal);
      batch = [];
    }
    if (batch.length > 0) await this.send(batch, signal);
  }

  private async send(logRecords: object[], signal: AbortSignal): Promise<void> {
    const body = {
      resourceLogs: [
        {
          resource: {
            attributes: [text('service.name', 'sallyport-audit'), text('sallyport.log.origin', this.origin)],
          },
          scopeLogs: [{ scope: { name: 'sallyport.ledger' }, logRecords }],
        },
      ],
    };
    const answer = await post({
      url: this.url,
      authorization: await this.authorization(),
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(body)),
      answerMs: this.answerMs,
      signal,
    });
    const rejected = rejectedIn(answer);
    if (rejected > 0) throw new NotTakenError(`${rejected} of ${logRecords.length} records were rejected`);
  }
}

function rejectedIn(answer: string): number {
  try {
    return Answer.parse(JSON.parse(answer)).partialSuccess?.rejectedLogRecords ?? 0;
  } catch {
    return 0;
  }
}

function text(key: string, stringValue: string): object {
  return { key, value: { stringValue } };
}

function logRecord({ stored, name, head }: PieceRecord): object {
  const { entry, index } = stored;
  const nanos = `${BigInt(entry.atMs) * 1_000_000n}`;
  return {
    timeUnixNano: nanos,
    observedTimeUnixNano: nanos,
    severityNumber: severityInfo,
    severityText: 'INFO',
    body: { stringValue: head },
    attributes: [
      text('event.name', name),
      { key: 'sallyport.entry.index', value: { intValue: String(index) } },
      { key: 'sallyport.log.sequence', value: { intValue: String(entry.sequence) } },
      text('sallyport.log.id', entry.logId),
      text('messaging.message.id', entry.messageId),
      text('messaging.destination.name', entry.subject),
    ],
  };
}
