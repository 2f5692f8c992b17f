/** How far left of a candidate context words count, in code units, unless a rule says more. */
export const CONTEXT_REACH = 80;
/** What a scanner remembers of the text it has delivered. */
export const MAX_CONTEXT_REACH = 300;

const PLACEHOLDER = /\[[A-Z][A-Z0-9_]*_[a-z2-7]{4,12}\]/g;
const LETTER = /[\p{L}\p{N}]/u;

/**
 * Whether one of the words stands in the text to the left. A word must start where a word starts; words of up to
 * four letters must also end there ("id" is not in "identify"). Placeholders are no context: they would change the
 * outcome when a masked text is masked again.
 */
export function hasContext(left: string, words: readonly string[], reach = CONTEXT_REACH): boolean {
  const text = left.slice(-reach).toLowerCase();
  return words.some((word) => standsIn(text, word));
}

/** Takes placeholders out of text kept for context. */
export function blankPlaceholders(text: string): string {
  return text.includes('[') ? text.replace(PLACEHOLDER, ' ') : text;
}

function standsIn(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const startsWord = at === 0 || !LETTER.test(text[at - 1]!) || !LETTER.test(word[0]!);
    const after = text[at + word.length];
    const endsWord = word.length > 4 || after === undefined || !LETTER.test(after);
    if (startsWord && endsWord) return true;
  }
  return false;
}
