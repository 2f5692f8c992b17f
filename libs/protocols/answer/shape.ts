import type { Json, JsonObject } from '../json/json.ts';
import { type AnswerRecord, emptyRecord } from './record.ts';

/** How a text is masked: as running text, or as JSON text that stays JSON. */
export type TextForm = 'text' | 'json';

/** Part of an answer that repeats a text in another form (token probabilities): dropped where that text was masked. */
export interface Tie {
  /** JSON Pointer of the object or array that becomes null. */
  readonly drop: string;
  /** JSON Pointer that the repeated text is at, or below. */
  readonly texts: string;
  /** JSON that takes its place. Default `null`. */
  readonly empty?: string;
  /** A list at `at` with a `token` for each piece of the string at `of`: kept for tokens that go out unmasked. */
  readonly tokens?: { readonly at: string; readonly of: string };
  /** Dropped wherever a mask is in force: its text came in earlier events. */
  readonly always?: boolean;
}

/** How a protocol's answer in one piece is read. Every string that is not named here is masked as running text. */
export interface AnswerShape {
  readonly knownKeys: ReadonlySet<string>;
  /** Whether the string there is JSON text. `content` asks about the answer's main text, for JSON output modes. */
  readonly formAt: (pointer: string) => TextForm | 'content';
  /** Whether the object or array there is JSON the model wrote: its names and numbers are masked as well. */
  readonly isWrittenJson?: (pointer: string) => boolean;
  /** The structure is the client's own: fields that a profile names by path are looked for in it. */
  readonly hasFields?: boolean;
  readonly ties: (value: JsonObject) => readonly Tie[];
  readonly record: (value: JsonObject) => AnswerRecord;
}

/** A text that a stream delivers in pieces over several events. */
export interface Channel {
  /** Unique in the stream; also the place that findings name. */
  readonly key: string;
  readonly form: TextForm;
  /** The payload of an event that carries nothing but more of this text, and the token probabilities that go with it. */
  readonly carry: (text: string, envelope: Envelope, probabilities: readonly Json[]) => Carried;
}

/** An event as a protocol writes it, before framing. */
export interface Carried {
  readonly data: JsonObject;
  readonly name: string | undefined;
}

/** Fields that every event of a stream repeats, masked. */
export type Envelope = JsonObject;

/** What an event of a stream is, and which of its strings are pieces of longer texts. */
export interface EventPlan {
  readonly kind: 'event' | 'error';
  /** By JSON Pointer in the event. */
  readonly pieces: ReadonlyMap<string, Channel>;
  /** Texts that end with or before this event. */
  readonly closes: (channel: Channel) => boolean;
  readonly ties: readonly Tie[];
  /** Numbers to be written anew, by pointer: asked for after the events that go before this one are written. */
  readonly numbers?: () => ReadonlyMap<string, number>;
  /** Called with the event as it goes out, for what the record takes from it. */
  readonly after?: (masked: JsonObject) => void;
}

/** Follows one stream. */
export interface StreamReader {
  /** Reads an event; `whole` masks a string of it that is complete. */
  read(event: JsonObject, name: string | undefined, whole: (text: string) => string): EventPlan;
  /** The payload that ends the stream without being JSON. */
  readonly doneMark: string | undefined;
  /** Whether everything that started has finished. */
  readonly isComplete: boolean;
  /** Envelope for events the gateway adds. */
  readonly envelope: Envelope;
  /** What was said; `textOf` gives a channel's masked text so far. */
  record(textOf: (key: string) => string): AnswerRecord;
}

/** How a protocol's streamed answer is read. */
export interface StreamShape {
  readonly framing: 'sse' | 'ndjson';
  /** As in `AnswerShape`. */
  readonly hasFields?: boolean;
  readonly knownKeys: ReadonlySet<string>;
  /** Form of a string that is complete in its event. Default: running text. */
  readonly formAt?: (pointer: string) => TextForm | 'content';
  readonly isWrittenJson?: (pointer: string) => boolean;
  /** `contentIsJson`: the request asked for JSON output, so the main text is masked as JSON. */
  readonly open: (contentIsJson: boolean) => StreamReader;
}

/** No text ends. */
export const closesNothing = (): boolean => false;

/** Nothing is streamed in pieces here: every string is masked on its own. */
export const plainEvent: EventPlan = { kind: 'event', pieces: new Map(), closes: closesNothing, ties: [] };

/** The event reports that the model's server failed. */
export const errorEvent: EventPlan = { ...plainEvent, kind: 'error' };

/** A protocol whose answers are never streamed: a stream in its place is never complete. */
export const noStream: StreamShape = {
  framing: 'sse',
  knownKeys: new Set(),
  open: () => ({
    read: () => plainEvent,
    doneMark: undefined,
    isComplete: false,
    envelope: {},
    record: () => emptyRecord,
  }),
};
