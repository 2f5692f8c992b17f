import { decodeInline } from './inline-encodings.ts';
import { decodeSegments } from './segments.ts';
import { type View, within } from './view.ts';

/** Encodings inside encodings are followed so far. */
const depthLimit = 3;

/** The original and everything that can be decoded out of it, encodings inside encodings included. */
export function viewsOf(text: string): View[] {
  const original: View = { text, starts: undefined, ends: undefined, changes: undefined, how: [] };
  const views = [original];
  let from = 0;
  for (let depth = 0; depth < depthLimit && from < views.length; depth++) {
    const until = views.length;
    for (; from < until; from++) addDecoded(views[from]!, views);
  }
  return views;
}

function addDecoded(view: View, views: View[]): void {
  const inline = decodeInline(view.text);
  if (inline !== undefined) views.push(within(view, inline));
  for (const segment of decodeSegments(view.text)) views.push(within(view, segment));
}
