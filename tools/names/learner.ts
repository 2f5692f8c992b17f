import { names } from '#redaction';
import { type Sample, spansOf } from './sample.ts';

type Lexicon = ReturnType<typeof names.buildLexicon>;
type Gold = ReturnType<typeof spansOf>;

const { START_CLASSES } = names;
/** Places in the feature list that are about which word it is; without them the text around must decide. */
const IDENTITY = [1, 6, 18];

/** Weights with the sums that averaging needs. */
class Averaged {
  readonly now: Float32Array;
  private readonly sum: Float64Array;

  constructor(size: number) {
    this.now = new Float32Array(size);
    this.sum = new Float64Array(size);
  }

  add(at: number, by: number, step: number): void {
    this.now[at] = this.now[at]! + by;
    this.sum[at] = this.sum[at]! + by * step;
  }

  average(steps: number): Float64Array {
    return Float64Array.from(this.now, (weight, k) => weight - this.sum[k]! / steps);
  }
}

export interface LearnerSizes {
  readonly startBits: number;
  readonly goOnBits: number;
}

/**
 * An averaged perceptron with a margin: it decides as the tagger will and corrects itself where the right answer does
 * not win clearly.
 */
export class Learner {
  readonly score = 0;
  private readonly starts: Averaged;
  private readonly goOns: Averaged;
  private steps = 1;
  private gold: Gold = [];
  private hides: (hash: number) => boolean = () => false;
  private readonly sums = new Float64Array(START_CLASSES);

  constructor(private readonly sizes: LearnerSizes) {
    this.starts = new Averaged(START_CLASSES << sizes.startBits);
    this.goOns = new Averaged(1 << sizes.goOnBits);
  }

  /** Learns from one text. */
  learn(sample: Sample, lexicon: Lexicon, hides: (hash: number) => boolean): void {
    this.gold = spansOf(sample);
    this.hides = hides;
    tagSample(sample, lexicon, this, () => {});
  }

  start(features: Int32Array, count: number, token: names.Token): number {
    this.steps++;
    const { sums } = this;
    const used = this.hides(token.hash) ? dropIdentity(features, count) : count;
    const down = 32 - this.sizes.startBits;
    sums.fill(0);
    for (let k = 0; k < used; k++) {
      const row = (features[k]! >>> down) * START_CLASSES;
      for (let c = 0; c < START_CLASSES; c++) sums[c] = sums[c]! + this.starts.now[row + c]!;
    }
    const right = this.goldAt(token.start)?.type ?? 0;
    let best = 0;
    let rival = right === 0 ? 1 : 0;
    for (let c = 0; c < START_CLASSES; c++) {
      if (sums[c]! > sums[best]!) best = c;
      if (c !== right && sums[c]! > sums[rival]!) rival = c;
    }
    const margin = right === 0 ? 5 : 7;
    if (sums[right]! - sums[rival]! < margin) {
      for (let k = 0; k < used; k++) {
        const row = (features[k]! >>> down) * START_CLASSES;
        this.starts.add(row + right, 1, this.steps);
        this.starts.add(row + rival, -1, this.steps);
      }
    }
    return best;
  }

  goesOn(type: number, features: Int32Array, count: number, token: names.Token): boolean {
    this.steps++;
    const down = 32 - this.sizes.goOnBits;
    let sum = 0;
    for (let k = 0; k < count; k++) sum += this.goOns.now[features[k]! >>> down]!;
    const span = this.goldAt(token.start);
    if (span !== undefined && span.type !== type) return sum > 0;
    const right = span !== undefined && span.start < token.start ? 1 : -1;
    if (sum * right < 5)
      for (let k = 0; k < count; k++) this.goOns.add(features[k]! >>> down, right, this.steps);
    return sum > 0;
  }

  /** The right answer is corrected where it is decided, not afterwards. */
  accepts(): boolean {
    return true;
  }

  /** The averaged weights. */
  weights(): { start: Float64Array; goOn: Float64Array } {
    return { start: this.starts.average(this.steps), goOn: this.goOns.average(this.steps) };
  }

  private goldAt(at: number) {
    return this.gold.find(({ start, end }) => start <= at && at < end);
  }
}

function dropIdentity(features: Int32Array, count: number): number {
  let kept = 0;
  for (let k = 0; k < count; k++) if (!IDENTITY.includes(k)) features[kept++] = features[k]!;
  return kept;
}

/** Runs the tagger over a sample as the lane would: values that patterns find stand there as found. */
export function tagSample(
  sample: Sample,
  lexicon: Lexicon,
  chooser: names.Chooser,
  found: (name: names.FoundName) => void,
): void {
  const tagger = new names.Tagger(lexicon, chooser, found);
  let text = '';
  let at = 0;
  const read = () => {
    while (at < text.length) {
      const token = tagger.slot;
      at = names.readToken(text, at, true, token);
      if (token.kind !== names.tokenKind.pad) tagger.add(text);
    }
  };
  for (const piece of sample.pieces) {
    if (piece.type === 'found') {
      read();
      tagger.addFound(0, at, false);
      at += piece.text.length;
    }
    text += piece.text;
  }
  read();
  tagger.settle();
}
