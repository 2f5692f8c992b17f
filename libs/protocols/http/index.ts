import { emptyRecord, readError, readUsage } from '../answer/record.ts';
import { type AnswerShape, noStream } from '../answer/shape.ts';
import { openStream } from '../answer/stream.ts';
import { stringOf } from '../json/json.ts';
import { defineProtocol, type Protocol } from '../protocol.ts';
import type { RequestShape } from '../request/shape.ts';
import { openaiWire } from '../wire/openai.ts';
import { BufferedStream } from './buffered.ts';
import { httpStream } from './stream.ts';

/** What a connection says about a model server that speaks a protocol of its own. */
export interface HttpTexts {
  /** JSON Pointers (`*` stands for any one token) of strings that go on over the events of a stream. */
  readonly streamed?: readonly string[] | undefined;
  /** How its streams are framed. Default `sse`. */
  readonly framing?: 'sse' | 'ndjson' | undefined;
  /** Top-level member that holds the prompt or the messages. */
  readonly turns?: string | undefined;
  /** Whether its answers are streams unless the body says otherwise. Default false. */
  readonly streamsByDefault?: boolean | undefined;
}

const answer: AnswerShape = {
  knownKeys: new Set(),
  formAt: () => 'text',
  ties: () => [],
  hasFields: true,
  record: (value) => ({
    ...emptyRecord,
    id: stringOf(value.id),
    model: stringOf(value.model),
    usage: readUsage(value.usage),
    error: readError(value.error),
  }),
};

function requestShape({ turns, streamsByDefault }: HttpTexts): RequestShape {
  return {
    knownKeys: new Set(),
    freeKeys: new Set(),
    turnsAt: () => turns ?? '',
    streamsByDefault: () => streamsByDefault ?? false,
    requires: () => [],
    isJsonText: () => false,
    hasFields: true,
    roleOf: () => undefined,
    find: () => undefined,
  };
}

/**
 * JSON over HTTP for any other model server: every string counts, wherever it is. Streams pass as they come if
 * `streamed` says where their texts are; else they are kept until their end.
 */
export function httpProtocol(texts: HttpTexts): Protocol {
  const framing = texts.framing ?? 'sse';
  const { writeError, writeStreamError, keepAlive, streamType } = openaiWire;
  const lines = {
    ...{ writeError, keepAlive: ' ', streamType: 'application/x-ndjson' },
    writeStreamError: (error: Parameters<typeof writeError>[0]) => `${writeError(error).body}\n`,
  };
  const declared = defineProtocol({
    name: 'http',
    routes: [
      {
        ...{ protocol: 'http', operation: 'http', method: 'POST', path: '/{path...}' },
        ...{ needsConnection: true, answeredBy: 'model' },
      },
    ],
    wire: framing === 'sse' ? { writeError, writeStreamError, keepAlive, streamType } : lines,
    request: requestShape(texts),
    answer: () => answer,
    stream: () => noStream,
  });
  return {
    ...declared,
    openAnswerStream: (_route, options) =>
      texts.streamed === undefined
        ? new BufferedStream(framing, options)
        : openStream(httpStream(framing, texts.streamed), options),
  };
}

/** Any other model server, with nothing said about it. */
export const http = httpProtocol({});

const known = new WeakMap<HttpTexts, Protocol>();

/** The same as `httpProtocol`, made once for each connection's configuration. */
export function httpProtocolOf(texts: HttpTexts | undefined): Protocol {
  if (texts === undefined) return http;
  const made = known.get(texts) ?? httpProtocol(texts);
  known.set(texts, made);
  return made;
}
