import { isObject, type Json } from '../json/json.ts';
import {
  decodeLeniently,
  isFault,
  type JsonFault,
  maxDepth,
  parseJson,
  type StringAt,
} from '../json/parse.ts';
import { splice } from '../json/splice.ts';
import { JsonTextMask } from '../json/text-mask.ts';
import { maskLiterals } from './literals.ts';
import { maskWhole, type OpenMask, placeOf } from './mask.ts';
import { type AnswerRecord, emptyRecord } from './record.ts';
import type { AnswerShape, TextForm } from './shape.ts';
import { findDropped } from './ties.ts';

/** How an answer in one piece is masked. */
export interface AnswerOptions {
  /** Absent: nothing is to be masked; the answer is read for its record only. */
  readonly openMask?: OpenMask | undefined;
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
  const { openMask, contentIsJson } = options;
  const mask = ({ pointer, text, key }: StringAt): string => {
    const form = key ? 'text' : shape.formAt(pointer);
    const isJson = form === 'json' || (form === 'content' && contentIsJson === true);
    return maskAs(isJson ? 'json' : 'text', openMask, placeOf(pointer, shape.knownKeys), text);
  };
  const { splices, changed } = maskLiterals(document, mask, shape.isWrittenJson, (pointer, text) =>
    maskAs('json', openMask, placeOf(pointer, shape.knownKeys), text),
  );
  if (changed.length === 0) return unchanged();
  const ties = isObject(value) ? shape.ties(value) : [];
  const masked = splice(document.source, [...splices, ...findDropped(document, ties, changed)]);
  const record = recordOf(shape, JSON.parse(masked) as Json);
  return { kind: 'masked', bytes: Buffer.from(masked), changed: true, record };
}

/** Masks a complete text in the form it has. */
export function maskAs(form: TextForm, openMask: OpenMask, place: string, text: string): string {
  if (form === 'text') return maskWhole(openMask, place, text);
  const mask = new JsonTextMask(openMask, place);
  return mask.push(text) + mask.end();
}

function recordOf(shape: AnswerShape, value: Json): AnswerRecord {
  return isObject(value) ? shape.record(value) : emptyRecord;
}
