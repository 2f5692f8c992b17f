import { JsonTextMask } from '../json/text-mask.ts';
import { type Mask, type Masks, WholePairs } from './mask.ts';
import type { TextForm } from './shape.ts';

const passing: Mask = { push: (chunk) => chunk, end: () => '' };

/** Opens the mask for a text of that form. */
export function openAs(form: TextForm, { openMask, openJsonMask }: Masks, place: string): Mask {
  if (openMask === undefined) return passing;
  if (form === 'text') return new WholePairs(openMask(place));
  return openJsonMask === undefined ? new JsonTextMask(openMask, place) : new WholePairs(openJsonMask(place));
}

/** Masks a complete text of that form. */
export function maskAs(form: TextForm, masks: Masks, place: string, text: string): string {
  if (text === '' || masks.openMask === undefined) return text;
  const mask = openAs(form, masks, place);
  return mask.push(text) + mask.end();
}
