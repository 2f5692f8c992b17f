import { BLANK, type Passage, pieces } from './corpus.ts';

export interface Token {
  readonly text: string;
  readonly kind: 'normal' | 'unknown' | 'control';
  /** Unigram score: the tokenizer prefers the segmentation with the highest sum. */
  readonly score: number;
  /** Index of the passage that this word of a question leads to. */
  readonly topic?: number;
}

export const UNKNOWN = 0;
export const BEGIN = 1;
export const END = 2;
export const USER = 3;
export const ANSWER = 4;

const SPECIAL: readonly Token[] = [
  { text: '<unk>', kind: 'unknown', score: 0 },
  { text: '<s>', kind: 'control', score: 0 },
  { text: '</s>', kind: 'control', score: 0 },
  { text: '<user>', kind: 'control', score: 0 },
  { text: '<answer>', kind: 'control', score: 0 },
];
const WORD_SCORE = -1;
/** Spelling a word out loses against any known word. */
const CHARACTER_SCORE = -10;

/** Every token of the model: control tokens, the words of the corpus, question words, and printable ASCII. */
export function vocabulary(passages: readonly Passage[]): Token[] {
  const topics = topicWords(passages);
  const words = new Set([...passages.flatMap((passage) => pieces(passage.text)), ...topics.keys()]);
  const characters = new Set([BLANK, ...Array.from({ length: 94 }, (_, k) => String.fromCharCode(33 + k))]);
  const normal = [...new Set([...words, ...characters])].map((text): Token => {
    const topic = topics.get(text);
    return {
      text,
      kind: 'normal',
      score: words.has(text) ? WORD_SCORE : CHARACTER_SCORE,
      ...(topic === undefined ? {} : { topic }),
    };
  });
  return [...SPECIAL, ...normal];
}

/** A question word counts at the start of a line and inside it, written small, with a capital, or in capitals. */
function topicWords(passages: readonly Passage[]): Map<string, number> {
  const words = new Map<string, number>();
  passages.forEach(({ keywords }, topic) => {
    for (const word of keywords) {
      const capital = word.slice(0, 1).toUpperCase() + word.slice(1);
      for (const form of [word, capital, word.toUpperCase()]) words.set(BLANK + form, topic);
    }
  });
  return words;
}
