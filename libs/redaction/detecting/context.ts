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
  const byFirst = indexOf(words);
  let isWithinWord = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const some = byFirst.get(unit);
    const isLetter = isLetterOrDigit(unit);
    if (some?.some((word) => !(isWithinWord && isLetter) && standsAt(text, word, at))) return true;
    // Ideographs and kana stand side by side without blanks.
    isWithinWord = isLetter && !(unit >= 0x3040 && unit <= 0x9fff);
  }
  return false;
}

const indexes = new WeakMap<readonly string[], ReadonlyMap<number, readonly string[]>>();

/** The words by their first code unit; remembered. */
function indexOf(words: readonly string[]): ReadonlyMap<number, readonly string[]> {
  const known = indexes.get(words);
  if (known) return known;
  const index = new Map<number, string[]>();
  for (const word of words) {
    const first = word.charCodeAt(0);
    index.set(first, [...(index.get(first) ?? []), word]);
  }
  indexes.set(words, index);
  return index;
}

/**
 * Takes placeholders out of text kept for context. The pass that put a name's placeholder there saw the name instead:
 * longer or shorter, so that other words were within reach. What stands before it is therefore no context, and it counts
 * as what it ended with: a letter, and an address as a number.
 */
export function blankPlaceholders(text: string): string {
  if (!text.includes('[')) return text;
  return text.replace(THROUGH_NAME, (_, type) => (type === 'ADDRESS' ? '0' : 'x')).replace(PLACEHOLDER, ' ');
}

const NAME = String.raw`\[(PERSON|ADDRESS|LOCATION|ORGANIZATION)_[a-z2-7]{5,12}\]`;
const THROUGH_NAME = new RegExp(`^.*${NAME}`, 's');
const IS_NAME = new RegExp(`^${NAME}$`);

/** Whether a text is the placeholder of a name. */
export function isNamePlaceholder(text: string): boolean {
  return IS_NAME.test(text);
}

function standsAt(text: string, word: string, at: number): boolean {
  if (!text.startsWith(word, at)) return false;
  const after = at + word.length;
  return word.length > 4 || after >= text.length || !isLetterOrDigit(text.charCodeAt(after));
}

function isLetterOrDigit(unit: number): boolean {
  if (unit >= 0x80) return LETTER.test(String.fromCharCode(unit));
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || (unit >= 0x41 && unit <= 0x5a);
}
