/** A word has 2 to 64 letters, marks and digits; what is longer is no word. */
export const wordLength = { least: 2, most: 64 } as const;
/** So much of a text is looked at, characters. */
const textCharacters = 1_000_000;
/** A run without white space that is longer is data (base64, say), unless its script has none. */
const longestRun = 300;

const runs = /[\p{L}\p{M}\p{N}]+/gu;
const space = 0x20;

/** Below this no script is written without spaces between words. */
const firstUnspaced = /[\u0e00-\uffff]/;
/**
 * Letters of scripts that are written without spaces between words, or where words grow together (Hangul): Unicode
 * script extensions, so that the marks which such scripts share are among them.
 */
const unspaced =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}\p{scx=Yiii}]/u;
/** A run, parted where such letters begin and end. */
const parts = new RegExp(`${unspaced.source}+|(?:(?!${unspaced.source}).)+`, 'gu');

/**
 * Adds the whole words of a text, normalised: NFKC (Unicode UAX 15), lower case. Where a script has no spaces between
 * words each pair of neighbouring characters counts as a word. At most `most` are in the set. Pure.
 */
export function addWords(words: Set<string>, text: string, most: number): void {
  // NFKC makes spaces of most others; a text repeats most of its chunks, and a look-up is cheaper than a pattern.
  const plain = text.slice(0, textCharacters).normalize('NFKC').toLowerCase();
  const mayBeUnspaced = firstUnspaced.test(plain);
  const seen = new Set<string>();
  for (let end = 0; end < plain.length; end++) {
    const start = end;
    while (end < plain.length && plain.charCodeAt(end) > space) end++;
    if (end === start) continue;
    const chunk = plain.slice(start, end);
    const isUnspaced = mayBeUnspaced && unspaced.test(chunk);
    if ((chunk.length >= longestRun && !isUnspaced) || seen.has(chunk)) continue;
    seen.add(chunk);
    for (const run of chunk.match(runs) ?? []) {
      for (const part of isUnspaced ? (run.match(parts) ?? []) : [run]) {
        if (isUnspaced && unspaced.test(part)) addPairs(words, part, most);
        else addWord(words, part, most);
      }
    }
    if (words.size >= most) return;
  }
}

/** Whether one of those that `addWords` added is a pair. Pure. */
export function isPair(word: string): boolean {
  return unspaced.test(word);
}

function addWord(words: Set<string>, word: string, most: number): void {
  if (words.size < most && word.length >= wordLength.least && word.length <= wordLength.most) words.add(word);
}

function addPairs(words: Set<string>, run: string, most: number): void {
  let before = '';
  for (const character of run) {
    if (words.size >= most) return;
    if (before !== '') words.add(before + character);
    before = character;
  }
}
