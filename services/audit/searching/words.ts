/** A word has 2 to 64 letters, marks and digits; what is longer is no word. */
export const wordLength = { least: 2, most: 64 } as const;
/** So much of a text is looked at, characters. */
const textCharacters = 1_000_000;
/** A run without white space that is longer is data (base64, say), not language. */
const longestRun = 300;

const runs = /[\p{L}\p{M}\p{N}]+/gu;
const space = 0x20;

/** Adds the whole words of a text, normalised: NFKC (Unicode UAX 15), lower case. At most `most` are in the set. Pure. */
export function addWords(words: Set<string>, text: string, most: number): void {
  // NFKC makes spaces of most others; a text repeats most of its chunks, and a look-up is cheaper than a pattern.
  const plain = text.slice(0, textCharacters).normalize('NFKC').toLowerCase();
  const seen = new Set<string>();
  for (let end = 0; end < plain.length; end++) {
    const start = end;
    while (end < plain.length && plain.charCodeAt(end) > space) end++;
    if (end === start || end - start >= longestRun) continue;
    const chunk = plain.slice(start, end);
    if (seen.has(chunk)) continue;
    seen.add(chunk);
    for (const word of chunk.match(runs) ?? []) {
      if (words.size >= most) return;
      if (word.length >= wordLength.least && word.length <= wordLength.most) words.add(word);
    }
  }
}
