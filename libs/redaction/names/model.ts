import type { NameLanguage } from '#contracts';
import { namesAsset } from './asset.ts';
import { Lexicon } from './lexicon.ts';
import type { OpenName } from './open-name.ts';
import { neededScore } from './strictness.ts';
import type { Chooser } from './tagger.ts';
import { hashOfWord, type Token } from './tokens/token.ts';
import { classWords } from './word-classes.ts';

/** Columns of the start table: none and the four types. */
export const START_CLASSES = 5;
export const HEADER_BYTES = 24;

/** The trained numbers. */
export interface NamesModel {
  readonly startBits: number;
  readonly goOnBits: number;
  /** One row of `START_CLASSES` for each hashed feature. */
  readonly start: Int8Array;
  readonly goOn: Int8Array;
  /** The margin at which a start is half way to certain. */
  readonly scale: number;
  /** What `high-recall` forgives. */
  readonly slack: number;
  readonly wordHashes: Int32Array;
  readonly wordFlags: Uint8Array;
}

/** Reads an asset: six 32-bit numbers, little-endian, then weights and words. */
export function decodeModel(asset: Uint8Array): NamesModel {
  const bytes = new Uint8Array(asset);
  const header = new DataView(bytes.buffer);
  const [startBits, goOnBits, scale, slack, words] = [0, 4, 8, 12, 16].map((at) =>
    header.getUint32(at, true),
  ) as [number, number, number, number, number];
  let at = HEADER_BYTES;
  const take = (count: number) => {
    const part = bytes.slice(at, at + count);
    at += count;
    return part;
  };
  const start = new Int8Array(take(START_CLASSES << startBits).buffer);
  const goOn = new Int8Array(take(1 << goOnBits).buffer);
  const hashes = new DataView(take(words * 4).buffer);
  const wordHashes = new Int32Array(words);
  for (let k = 0; k < words; k++) wordHashes[k] = hashes.getInt32(k * 4, true);
  return { startBits, goOnBits, start, goOn, scale, slack, wordHashes, wordFlags: take(words) };
}

let shipped: NamesModel | undefined;

/** The shipped model, read on first use. */
export function shippedModel(): NamesModel {
  shipped ??= decodeModel(Buffer.from(namesAsset, 'base64'));
  return shipped;
}

const lexicons = new Map<string, Lexicon>();

/** The shipped words and the closed classes of the languages; remembered. */
export function lexiconOf(languages: readonly NameLanguage[]): Lexicon {
  const key = [...languages].sort().join();
  const known = lexicons.get(key);
  if (known) return known;
  const lexicon = buildLexicon(shippedModel(), languages);
  lexicons.set(key, lexicon);
  return lexicon;
}

export function buildLexicon(
  words: Pick<NamesModel, 'wordHashes' | 'wordFlags'>,
  languages: readonly NameLanguage[],
): Lexicon {
  const lexicon = new Lexicon();
  const { wordHashes, wordFlags } = words;
  for (let k = 0; k < wordHashes.length; k++) lexicon.addFlags(wordHashes[k]!, wordFlags[k]!);
  for (const language of [...languages].sort((a, b) => Number(b === 'en') - Number(a === 'en'))) {
    for (const [word, wordClass] of classWords(language)) lexicon.addClass(hashOfWord(word), wordClass);
  }
  return lexicon;
}

/** Decides with the trained weights. */
export class TrainedChooser implements Chooser {
  score = 0;
  private readonly slack: number;

  constructor(
    private readonly model: NamesModel,
    private readonly highRecall: boolean,
  ) {
    this.slack = highRecall ? model.slack : 0;
  }

  start(features: Int32Array, count: number): number {
    const { start, startBits, scale } = this.model;
    const down = 32 - startBits;
    let [none, person, address, location, firm] = [0, 0, 0, 0, 0];
    for (let k = 0; k < count; k++) {
      const row = (features[k]! >>> down) * START_CLASSES;
      none += start[row]!;
      person += start[row + 1]!;
      address += start[row + 2]!;
      location += start[row + 3]!;
      firm += start[row + 4]!;
    }
    const best = Math.max(person, address, location, firm);
    const margin = best - none + this.slack;
    if (margin <= 0) return 0;
    this.score = Math.round((0.5 + (0.45 * margin) / (margin + scale)) * 100) / 100;
    if (best === person) return 1;
    if (best === address) return 2;
    return best === location ? 3 : 4;
  }

  accepts(name: OpenName): boolean {
    return this.highRecall || name.score >= neededScore(name);
  }

  goesOn(_type: number, features: Int32Array, count: number, _token: Token, isTown: boolean): boolean {
    if (isTown) return true;
    const { goOn, goOnBits } = this.model;
    const down = 32 - goOnBits;
    let sum = 0;
    for (let k = 0; k < count; k++) sum += goOn[features[k]! >>> down]!;
    return sum > 0;
  }
}
