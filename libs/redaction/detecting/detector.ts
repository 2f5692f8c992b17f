import { type Alphabet, buildAlphabet } from '../automaton/alphabet.ts';
import { charSet } from '../automaton/char-set.ts';
import { type Pattern, parsePattern } from '../automaton/parse-pattern.ts';
import { PositionBuilder } from '../automaton/positions.ts';
import { Product } from '../automaton/product.ts';
import { foldedUnits } from './normalise.ts';
import { preparedTables } from './prepared.ts';
import type { DetectorRule } from './rule.ts';
import type { DetectorTables } from './tables.ts';

const ZERO_WIDTH_SPACE = 0x200b;
const UNKNOWN = -1;

/** Throws RedactionError where a pattern can't be compiled. */
export function buildTables(rules: readonly DetectorRule[]): DetectorTables {
  const builder = new PositionBuilder();
  builder.set(charSet(ZERO_WIDTH_SPACE));
  for (const rule of rules) {
    builder.add(patternOf(rule), rule.id, typeof rule.pattern === 'function');
  }
  const leftIds = rules.map((rule) => rule.left && builder.set(rule.left));
  const rightIds = rules.map((rule) => rule.right && builder.set(rule.right));
  return { positions: builder.finish(), alphabet: buildAlphabet(builder.allSets, FOLDED), leftIds, rightIds };
}

function patternOf({ pattern, ignoreCase }: DetectorRule): Pattern {
  if (typeof pattern === 'function') return pattern();
  return typeof pattern === 'string' ? parsePattern(pattern, { ignoreCase: ignoreCase === true }) : pattern;
}

/** The rules of a profile, compiled; shared by every scope and stream that uses the profile. */
export class Detector {
  readonly product: Product;
  readonly alphabet: Alphabet;
  /** The class of zero-width characters, which the scanner passes over. */
  readonly zeroWidthClass: number;
  /** Stands for "before the first character". */
  readonly startClass: number;
  /** What precedes text that follows a masked value. */
  readonly afterMaskClass: number;
  /** What precedes text that follows an earlier pass's name: a word, to every boundary. */
  readonly afterNameClass: number;
  private readonly first: ReadonlyArray<readonly number[]>;
  private readonly leftOf: ReadonlyArray<Uint8Array | undefined>;
  private readonly rightOf: ReadonlyArray<Uint8Array | undefined>;
  private starts: Int32Array;
  private startsEpoch = -1;

  constructor(
    readonly rules: readonly DetectorRule[],
    readonly tables: DetectorTables = preparedTables(rules) ?? buildTables(rules),
  ) {
    const { positions, alphabet, leftIds, rightIds } = tables;
    this.alphabet = alphabet;
    this.product = new Product(positions, alphabet, (rule, cls) => this.mayEndBefore(rule, cls));
    this.first = positions.first;
    this.leftOf = leftIds.map((id) => (id === undefined ? undefined : alphabet.members[id]));
    this.rightOf = rightIds.map((id) => (id === undefined ? undefined : alphabet.members[id]));
    this.zeroWidthClass = alphabet.classOf[ZERO_WIDTH_SPACE]!;
    this.startClass = alphabet.size;
    this.afterNameClass = alphabet.size + 1;
    this.afterMaskClass = alphabet.classOf[']'.charCodeAt(0)]!;
    this.starts = new Int32Array(0);
  }

  /** The state after reading a character of class `cls` that follows one of class `previous`. */
  start(previous: number, cls: number): number {
    const { product, alphabet } = this;
    if (this.startsEpoch !== product.epoch) {
      this.starts = new Int32Array((alphabet.size + 2) * alphabet.size).fill(UNKNOWN);
      this.startsEpoch = product.epoch;
    }
    const at = previous * alphabet.size + cls;
    const known = this.starts[at]!;
    if (known !== UNKNOWN) return known;
    const first: number[] = [];
    this.first.forEach((positions, rule) => {
      const isBlocked = previous === this.afterNameClass ? this.leftOf[rule] : this.leftOf[rule]?.[previous];
      if (!isBlocked) first.push(...positions);
    });
    const state = product.enter(first, cls);
    this.starts[at] = state;
    return state;
  }

  /** Whether the rule may end before a character of this class. */
  mayEndBefore(rule: number, cls: number): boolean {
    return this.rightOf[rule]?.[cls] !== 1;
  }
}

const FOLDED = foldedUnits(ZERO_WIDTH_SPACE);
