import { z } from 'zod';
import { accessDenied } from '#contracts';
import type { Piece, PieceRecord, SinkTarget } from '../sink.ts';
import { post } from './post.ts';

const recordsInOne = 500;
/** Receivers refuse what is larger than 20 MiB (OTLP 1.x, OTLP/HTTP Request). */
const bytesInOne = 4 * 1024 * 1024;

const Answer = z.object({
  partialSuccess: z.object({ rejectedLogRecords: z.coerce.number().default(0) }).nullish(),
});

/** Answers after which OTLP says to send again. */
const passing = new Set([429, 502, 503, 504]);

/** Sends entries as log records (OTLP/HTTP with JSON, opentelemetry-proto 1.x). */
export class OtlpTarget implements SinkTarget {
  constructor(
    private readonly url: string,
    private readonly origin: string,
    private readonly authorization: () => Promise<string | undefined>,
    private readonly answerMs: number,
  ) {}

  async deliver(piece: Piece, signal: AbortSignal): Promise<number> {
    let [batch, bytes, refused]: [object[], number, number] = [[], 0, 0];
    for await (const record of piece.records()) {
      if (batch.length >= recordsInOne || (batch.length > 0 && bytes + record.head.length > bytesInOne)) {
        refused += await this.send(batch, signal);
        [batch, bytes] = [[], 0];
      }
      batch.push(logRecord(record));
      bytes += record.head.length;
    }
    return batch.length === 0 ? refused : refused + (await this.send(batch, signal));
  }

  /** Gives how many were refused: such are not to be sent again. */
  private async send(logRecords: object[], signal: AbortSignal): Promise<number> {
    const body = {
      resourceLogs: [
        {
          resource: {
            attributes: [
              text('service.name', 'audit'),
              text('service.namespace', 'sallyport'),
              text('sallyport.log.origin', this.origin),
            ],
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
      isPassing: (status) => passing.has(status),
    });
    return Math.min(rejectedIn(answer), logRecords.length);
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

/** A log record as the data model has it. Without trace and span: the ledger does not hold them. */
function logRecord({ stored, name, head, requestId, outcome }: PieceRecord): object {
  const { entry, index } = stored;
  const nanos = `${BigInt(entry.atMs) * 1_000_000n}`;
  return {
    timeUnixNano: nanos,
    observedTimeUnixNano: nanos,
    ...severityOf(name, outcome),
    eventName: name,
    body: { stringValue: head },
    attributes: [
      // Before it was a field: what reads it there is still about.
      text('event.name', name),
      { key: 'sallyport.entry.index', value: { intValue: String(index) } },
      { key: 'sallyport.log.sequence', value: { intValue: String(entry.sequence) } },
      text('sallyport.log.id', entry.logId),
      ...(requestId === null ? [] : [text('sallyport.request.id', requestId)]),
      text('messaging.system', 'nats'),
      ...(entry.messageId === '' ? [] : [text('messaging.message.id', entry.messageId)]),
      ...(entry.subject === '' ? [] : [text('messaging.destination.name', entry.subject)]),
    ],
  };
}

/** What somebody may have to look at is a warning, what the ledger lost an error (logs data model, severity fields). */
function severityOf(name: string, outcome: string | null): { severityNumber: number; severityText: string } {
  if (name === 'gap') return { severityNumber: 17, severityText: 'ERROR' };
  const isWarning = name === accessDenied.name || outcome === 'failed' || outcome === 'blocked';
  return isWarning
    ? { severityNumber: 13, severityText: 'WARN' }
    : { severityNumber: 9, severityText: 'INFO' };
}
