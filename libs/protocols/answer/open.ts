import { JsonTextMask } from '../json/text-mask.ts';
import { type Mask, type Masks, WholePairs } from './mask.ts';
import type { TextForm } from './shape.ts';

const passing: Mask = { push: (chunk) => chunk, end: () => '' };

/** Opens the mask for a text of that form. */
export function openAs(form: TextForm, masks: Masks, place: string): Mask {
  const { openMask, openJsonMask, numbersStay } = masks;
  if (openMask === undefined) return passing;
  if (form === 'text') return new WholePairs(openMask(place));
  return openJsonMask === undefined
    ? new JsonTextMask(openMask, place, numbersStay)
    : new WholePairs(openJsonMask(place));
}

/** Masks a string by its place in a body that no protocol describes; undefined where no field is there. */
export function maskField({ openFieldMask }: Masks, pointer: string, text: string): string | undefined {
  const mask = text === '' ? undefined : openFieldMask?.(pointer);
  return mask && mask.push(text) + mask.end();
}

/** Masks a complete text of that form. */
export function maskAs(form: TextForm, masks: Masks, place: string, text: string): string {
  if (text === '' || masks.openMask === undefined) return text;
  const mask = openAs(form, masks, place);
  return mask.push(text) + mask.end();
}
