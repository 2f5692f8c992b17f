import { DecodedText } from '../decoding/decoded-text.ts';
import type { View } from '../decoding/view.ts';

/** Right-to-left override, up to what ends it (Unicode Standard Annex #9, 2.2). */
const overridden = /\u202e([^\u202c\u202d\u202e\n\u2029]*)[\u202c\u202d]?/gu;

/** The text as it is shown: what stands under a right-to-left override backwards. Undefined where nothing does. */
export function turnedDirectionView(text: string): View | undefined {
  if (!text.includes('\u202e')) return undefined;
  const read = new DecodedText(text.length);
  let copied = 0;
  for (const { index, 0: written, 1: inside = '' } of text.matchAll(overridden)) {
    read.copy(text, copied, index);
    read.markLast();
    let end = index + 1 + inside.length;
    for (const character of [...inside].reverse()) {
      read.addCodePoint(character.codePointAt(0)!, end - character.length, end);
      end -= character.length;
    }
    copied = index + written.length;
  }
  read.copy(text, copied, text.length);
  return read.view(['bidi'], false);
}
