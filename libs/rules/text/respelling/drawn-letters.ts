import { DecodedText } from '../decoding/decoded-text.ts';
import type { View } from '../decoding/view.ts';

/** Letters drawn with several characters: `vv`, `\/\/`, `()` and `[]` inside of a word, `|>`, `|)`, `|-|`. */
const drawn =
  /vv|\\\/\\\/|(?<=[^\s"'`])(?:\(\)|\[\])(?=[^\s"'`])|\|[>)](?=[^\s"'`])|(?<=[^\s"'`])\|\)|\|-\|/gi;
/** A cheap look that most texts end at. */
const parts = ['vv', 'VV', 'vV', 'Vv', '\\/\\', '()', '[]', '|>', '|)', '|-'];
/** A closer one. */
const mayBeDrawn = /vv|\\\/\\|[a-z0-9@$](?:\(\)|\[\])[a-z0-9@$]|\|[>)-]/i;

function letterOf(written: string): string {
  switch (written.toLowerCase()) {
    case 'vv':
    case '\\/\\/':
      return 'w';
    case '()':
    case '[]':
      return 'o';
    case '|>':
      return 'p';
    case '|-|':
      return 'h';
    default:
      return 'd';
  }
}

/** The text with drawn letters as letters; undefined where it has none. */
export function drawnLettersView(text: string): View | undefined {
  if (!parts.some((part) => text.includes(part)) || !mayBeDrawn.test(text)) return undefined;
  let read: DecodedText | undefined;
  let copied = 0;
  for (const { index, 0: written } of text.matchAll(drawn)) {
    read ??= new DecodedText(text.length);
    read.copy(text, copied, index);
    read.add(letterOf(written).charCodeAt(0), index, index + written.length);
    copied = index + written.length;
  }
  if (read === undefined) return undefined;
  read.copy(text, copied, text.length);
  return read.view(['leetspeak'], false);
}
