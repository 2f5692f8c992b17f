import { decodeInline } from './decoding/inline-encodings.ts';
import { decodeSegments } from './decoding/segments.ts';
import { type View, within } from './decoding/view.ts';
import { normalisedView } from './folding/normalised.ts';
import { drawnLettersView } from './respelling/drawn-letters.ts';
import { secondLookView } from './respelling/second-look.ts';
import { turnedDirectionView } from './respelling/turned-direction.ts';
import { isAscii } from './units.ts';

/** Encodings inside encodings are followed so far, and to so many code units for each one of the text, and a start. */
const depthLimit = 8;
const unitsPerUnit = 4;
const unitsAtLeast = 64 * 1024;

export interface Views {
  /** The original first. */
  readonly views: readonly View[];
  /** False where more could be decoded than the limits allow: what is hidden there isn't known. */
  readonly isComplete: boolean;
}

const respellings = [secondLookView, drawnLettersView, turnedDirectionView] as const;

/** The original and everything that can be decoded out of it, encodings inside encodings included. */
export function viewsOf(text: string): Views {
  const views: View[] = [{ text, starts: undefined, ends: undefined, changes: undefined, how: [] }];
  const isComplete = addAllDecoded(views, unitsAtLeast + unitsPerUnit * text.length);
  return { views, isComplete };
}

/** Other ways to read the letters of views. For words only: an address or a number would be seen twice. */
export function respellingsOf(views: readonly View[]): View[] {
  return views.flatMap((view) =>
    respellings.flatMap((respell) => {
      const respelt = respell(view.text);
      return respelt === undefined ? [] : [within(view, respelt)];
    }),
  );
}

/** Decodes level by level. False where a limit ended it. */
function addAllDecoded(views: View[], unitsLimit: number): boolean {
  let units = 0;
  for (let from = 0, depth = 0; from < views.length; depth++) {
    const until = views.length;
    for (; from < until; from++) {
      const found = decodedOf(views[from]!);
      if (found.length > 0 && depth === depthLimit) return false;
      for (const view of found) {
        units += view.text.length;
        if (units > unitsLimit) return false;
        views.push(view);
      }
    }
  }
  return true;
}

function decodedOf(view: View): View[] {
  const plain = isAscii(view.text) ? undefined : normalisedView(view.text);
  // Full-width or interrupted by what can't be seen, an encoding is still one.
  const base = plain === undefined ? view : { ...within(view, plain), how: view.how };
  const inline = decodeInline(base.text);
  const inner = [...(inline === undefined ? [] : [inline]), ...decodeSegments(base.text)];
  return inner.map((one) => within(base, one));
}
