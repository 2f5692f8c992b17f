import type {
  AnswerStream,
  OpenMask,
  Protocol,
  Masks as ProtocolMasks,
  Route,
  StreamEnding,
  TokenUsage,
} from '#protocols';
import { InvalidAnswerError } from './whole-answer.ts';

/** How a relayed stream ended, by its text. */
export interface RelayEnd {
  readonly bytes: Uint8Array;
  readonly ending: StreamEnding;
  readonly usage: TokenUsage | undefined;
}

/** Turns a model server's stream, cut anywhere, into whole events that a client may read. */
export interface Relay {
  push(chunk: Buffer): Uint8Array;
  /** It gives the same whether chunks come one by one or joined. */
  readonly takesJoined: boolean;
  /** No more will come of it. */
  readonly isOver: boolean;
  end(): RelayEnd;
}

const streamType =
  /^(text\/event-stream|application\/(?:x-)?ndjson|application\/jsonl|application\/stream\+json)\b/i;

/** Whether a content type is one that answers are streamed with. */
export function isStreamType(contentType: string | undefined): boolean {
  return contentType !== undefined && streamType.test(contentType.trim());
}

/** How texts are masked; JSON texts in their own way where there is one. */
export interface Masks {
  readonly openMask: OpenMask;
  readonly openJsonMask?: OpenMask | undefined;
  readonly openFieldMask?: ProtocolMasks['openFieldMask'];
  readonly numbersStay?: boolean;
}

/** Masks a stream with the protocol's own reading of it. */
export class MaskedRelay implements Relay {
  /** What was decided before a text that masking blocks is passed on: one piece with it would lose it. */
  readonly takesJoined = false;
  private readonly stream: AnswerStream;

  constructor(protocol: Protocol, route: Route, masks: Masks, contentIsJson: boolean) {
    const { openMask, openJsonMask, openFieldMask, numbersStay } = masks;
    const how = { openMask, openJsonMask, openFieldMask, numbersStay, contentIsJson };
    this.stream = protocol.openAnswerStream(route, how);
  }

  get isOver(): boolean {
    return this.stream.isOver;
  }

  push(chunk: Buffer): Uint8Array {
    return this.stream.push(chunk);
  }

  end(): RelayEnd {
    const { bytes, ending, record } = this.stream.end();
    return { bytes, ending, usage: record.usage };
  }
}

/** So much of a stream's end is read to learn how it ended. */
const readAtEndBytes = 16 * 1024;
/** Almost always it stands in so much of it; the rest is only read where it holds token counts or is needed. */
const lastEventsBytes = 1024;
const countsWord = 'usage';
const largestEventBytes = 8 * 1024 * 1024;
const unmasked: OpenMask = () => ({ push: (text) => text, end: () => '' });
const empty = Buffer.alloc(0);
const lineFeed = 10;
const emptyLine = Buffer.from('\n\n');
const longEmptyLine = Buffer.from('\r\n\r\n');

/**
 * Passes a stream that nothing has to be masked in, byte for byte and without reading it, in whole events. Only its
 * last events are read, to tell a finished answer from a truncated one and to find the token counts.
 */
export class PlainRelay implements Relay {
  readonly isOver = false;
  readonly takesJoined = true;
  private partial: Buffer = empty;
  private last: Buffer[] = [];
  private lastBytes = 0;
  private readonly isSse: boolean;

  constructor(
    private readonly protocol: Protocol,
    private readonly route: Route,
    contentType: string,
  ) {
    this.isSse = /^\s*text\/event-stream/i.test(contentType);
  }

  push(chunk: Buffer): Uint8Array {
    const text = this.partial.length === 0 ? chunk : Buffer.concat([this.partial, chunk]);
    const end = this.lastEventEnd(text);
    this.partial = end === text.length ? empty : text.subarray(end);
    if (this.partial.length > largestEventBytes) throw new InvalidAnswerError('an event is too large');
    const whole = text.subarray(0, end);
    if (whole.length > 0) this.remember(whole);
    return whole;
  }

  end(): RelayEnd {
    const { ending, record } = this.readEnd();
    const complete = ending === 'finished' || ending === 'upstream_error';
    const bytes = complete && this.partial.length > 0 ? closed(this.partial, this.isSse) : empty;
    return { bytes, ending, usage: record.usage };
  }

  private lastEventEnd(text: Buffer): number {
    if (!this.isSse) return text.lastIndexOf(lineFeed) + 1;
    // As almost every chunk ends.
    if (text.at(-1) === lineFeed && text.at(-2) === lineFeed) return text.length;
    const short = text.lastIndexOf(emptyLine);
    const long = text.lastIndexOf(longEmptyLine);
    return Math.max(short === -1 ? 0 : short + 2, long === -1 ? 0 : long + 4);
  }

  private remember(whole: Buffer): void {
    this.last.push(whole);
    this.lastBytes += whole.length;
    for (
      let first = this.last[0];
      first && this.lastBytes - first.length >= readAtEndBytes;
      first = this.last[0]
    ) {
      this.last.shift();
      this.lastBytes -= first.length;
    }
  }

  private readEnd() {
    const whole = Buffer.concat([...this.last, this.partial]);
    const start = this.lastEventsStart(whole);
    const read = this.readFrom(whole.subarray(start));
    const isEnough = read.ending !== 'truncated' && !whole.subarray(0, start).includes(countsWord);
    return isEnough ? read : this.readFrom(whole);
  }

  /** Where the events begin that say how most streams ended. */
  private lastEventsStart(whole: Buffer): number {
    const { length } = this.partial;
    return this.lastEventEnd(whole.subarray(0, Math.max(0, whole.length - length - lastEventsBytes)));
  }

  private readFrom(events: Buffer) {
    const stream = this.protocol.openAnswerStream(this.route, { openMask: unmasked });
    stream.push(events);
    return stream.end();
  }
}

function closed(partial: Buffer, isSse: boolean): Buffer {
  const text = partial.toString('utf8').trimEnd();
  return Buffer.from(text === '' ? '' : text + (isSse ? '\n\n' : '\n'));
}
