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

/**
 * Takes placeholders out of text kept for context. The pass that put a name's placeholder there saw the name instead:
 * longer or shorter, so that other words were within reach. What stands before it is therefore no context, and an
 * address counts as what it often ends with, a number.
 */
export function blankPlaceholders(text: string): string {
  if (!text.includes('[')) return text;
  return text.replace(THROUGH_NAME, (_, type) => (type === 'ADDRESS' ? '0' : ' ')).replace(PLACEHOLDER, ' ');
}

const NAME = String.raw`\[(PERSON|ADDRESS|LOCATION|ORGANIZATION)_[a-z2-7]{5,12}\]`;
const THROUGH_NAME = new RegExp(`^.*${NAME}`, 's');
const IS_NAME = new RegExp(`^${NAME}$`);

/** Whether a text is the placeholder of a name. */
export function isNamePlaceholder(text: string): boolean {
  return IS_NAME.test(text);
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
