import { type Masks, placeOf } from '../answer/mask.ts';
import { maskAs, maskField } from '../answer/open.ts';
import { isWithin } from '../json/json.ts';
import { type Splice, splice } from '../json/splice.ts';
import type { RequestReading } from './read.ts';
import type { RequestShape } from './shape.ts';

/** A masked body: the very bytes that were read where nothing was masked. */
export interface MaskedRequest {
  readonly bytes: Uint8Array;
  readonly changed: boolean;
}

/** Whether it is a word of the protocol, which the model's server needs as it is. */
function isVocabulary(pointer: string, text: string): boolean {
  return pointer === '/model' || (/\/(?:role|type)$/.test(pointer) && /^[a-z_]{1,40}$/.test(text));
}

/**
 * Masks the strings of a request. `at` limits it to values at or below these pointers; without it every string
 * but the model's name, roles, types and inline data is masked. JSON texts stay JSON.
 */
export function maskBody(
  shape: RequestShape,
  reading: RequestReading,
  masks: Masks,
  at?: readonly string[],
): MaskedRequest {
  const opaque = new Set(
    reading.unreadable.filter(({ size }) => size !== undefined).map(({ pointer }) => pointer),
  );
  const splices: Splice[] = [];
  for (const { pointer, text, start, end, key } of reading.document.strings) {
    if (at !== undefined && !at.some((place) => isWithin(pointer, place))) continue;
    if (at === undefined && (isVocabulary(pointer, text) || opaque.has(pointer))) continue;
    const form = !key && shape.isJsonText(pointer) ? 'json' : 'text';
    const field = shape.hasFields && !key ? maskField(masks, pointer, text) : undefined;
    const masked = field ?? maskAs(form, masks, placeOf(pointer, shape.knownKeys), text);
    if (masked !== text) splices.push({ start, end, text: JSON.stringify(masked) });
  }
  const masked = splice(reading.source, splices);
  return { bytes: Buffer.from(masked), changed: splices.length > 0 };
}
