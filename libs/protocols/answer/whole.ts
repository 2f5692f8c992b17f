import type { JsonFault, StringAt } from '../json/document.ts';
import { isObject, type Json } from '../json/json.ts';
import { isFault, maxDepth, parseJson } from '../json/parse.ts';
import { splice } from '../json/splice.ts';
import { decodeLeniently } from '../json/utf8.ts';
import { maskLiterals } from './literals.ts';
import { type Masks, placeOf } from './mask.ts';
import { maskAs, maskField } from './open.ts';
import { type AnswerRecord, emptyRecord } from './record.ts';
import type { AnswerShape } from './shape.ts';
import { findDropped } from './ties.ts';

/** How an answer in one piece is masked. */
export interface AnswerOptions extends Masks {
  /** The request asked for JSON output: the main text is masked so that it stays JSON. */
  readonly contentIsJson?: boolean | undefined;
}

/** A masked answer: the very bytes received where nothing was masked. `unreadable`: not JSON, so not to be passed on. */
export type MaskedAnswer =
  | {
      readonly kind: 'masked';
      readonly bytes: Uint8Array;
      readonly changed: boolean;
      readonly record: AnswerRecord;
    }
  | { readonly kind: 'unreadable'; readonly fault: JsonFault };

/** Masks every string of an answer, at any depth; only the literals that change are written anew. */
export function maskWholeAnswer(shape: AnswerShape, bytes: Uint8Array, options: AnswerOptions): MaskedAnswer {
  const source = decodeLeniently(bytes);
  const reading = { strict: false, maxDepth, knownKeys: shape.knownKeys };
  const document = parseJson(source.startsWith('\ufeff') ? source.slice(1) : source, reading);
  if (isFault(document)) return { kind: 'unreadable', fault: document };
  const { value } = document;
  const unchanged = (): MaskedAnswer => ({
    ...{ kind: 'masked', bytes, changed: false },
    record: recordOf(shape, value),
  });
  if (options.openMask === undefined) return unchanged();
  const { contentIsJson } = options;
  const mask = ({ pointer, text, key }: StringAt): string => {
    const field = shape.hasFields && !key ? maskField(options, pointer, text) : undefined;
    if (field !== undefined) return field;
    const form = key ? 'text' : shape.formAt(pointer);
    const isJson = form === 'json' || (form === 'content' && contentIsJson === true);
    return maskAs(isJson ? 'json' : 'text', options, placeOf(pointer, shape.knownKeys), text);
  };
  const { splices, changed } = maskLiterals(document, mask, shape.isWrittenJson, (pointer, text) =>
    maskAs('json', options, placeOf(pointer, shape.knownKeys), text),
  );
  if (changed.length === 0) return unchanged();
  const ties = isObject(value) ? shape.ties(value) : [];
  const masked = splice(document.source, [...splices, ...findDropped(document, ties, changed)]);
  const record = recordOf(shape, JSON.parse(masked) as Json);
  return { kind: 'masked', bytes: Buffer.from(masked), changed: true, record };
}

function recordOf(shape: AnswerShape, value: Json): AnswerRecord {
  return isObject(value) ? shape.record(value) : emptyRecord;
}
