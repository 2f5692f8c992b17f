import type { AnswerStream, StreamOptions } from './answer/answer-stream.ts';
import type { Masks, OpenMask } from './answer/mask.ts';
import { type AnswerShape, noStream, type StreamShape } from './answer/shape.ts';
import { openStream } from './answer/stream.ts';
import { type AnswerOptions, type MaskedAnswer, maskWholeAnswer } from './answer/whole.ts';
import { type MaskedRequest, maskBody } from './request/mask.ts';
import { type RequestReading, readBody } from './request/read.ts';
import type { Refusal } from './request/refusal.ts';
import type { RequestShape } from './request/shape.ts';
import { type RequestView, viewBody } from './request/view.ts';
import type { ProtocolName, Route } from './route.ts';
import { type Saying, StreamSaying } from './saying/saying.ts';
import type { Wire } from './wire/wire.ts';

/** One client protocol: everything Sallyport needs to know to stand in its way. */
export interface Protocol {
  readonly name: ProtocolName;
  readonly routes: readonly Route[];
  readonly wire: Wire;
  /** Reads a request body strictly; never throws on any bytes. */
  readRequest(bytes: Uint8Array, route: Route): RequestReading | Refusal;
  /** A complete readable view of a request, for people who decide on it. */
  viewRequest(reading: RequestReading): RequestView;
  /** Masks a request's strings before it goes to the model. */
  maskRequest(
    reading: RequestReading,
    openMask: OpenMask,
    at?: readonly string[],
    more?: Pick<Masks, 'openJsonMask' | 'openFieldMask'>,
  ): MaskedRequest;
  /** Masks an answer in one piece (or an error body of the model's server). */
  maskAnswer(bytes: Uint8Array, route: Route, options: AnswerOptions): MaskedAnswer;
  /** Masks a streamed answer. */
  openAnswerStream(route: Route, options: StreamOptions): AnswerStream;
  /** Reads a recorded stream as what it says; undefined where nobody said where the texts of its events are. */
  openSaying(route: Route): Saying | undefined;
}

/** What a protocol folder declares. */
interface ProtocolDeclaration {
  readonly name: ProtocolName;
  readonly routes: readonly Route[];
  readonly wire: Wire;
  readonly request: RequestShape;
  readonly answer: (route: Route) => AnswerShape;
  readonly stream: (route: Route) => StreamShape;
}

/** Makes a protocol from its declaration. */
export function defineProtocol(declared: ProtocolDeclaration): Protocol {
  return {
    name: declared.name,
    routes: declared.routes,
    wire: declared.wire,
    readRequest: (bytes, route) => readBody(declared.request, bytes, route),
    viewRequest: (reading) => viewBody(reading, declared.request.isJsonText),
    maskRequest: (reading, openMask, at, more) =>
      maskBody(declared.request, reading, { openMask, ...more }, at),
    maskAnswer: (bytes, route, options) => maskWholeAnswer(declared.answer(route), bytes, options),
    openAnswerStream: (route, options) => openStream(declared.stream(route), options),
    openSaying: (route) => {
      const shape = declared.stream(route);
      return shape === noStream ? undefined : new StreamSaying(shape);
    },
  };
}
