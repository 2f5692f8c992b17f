import type { OpenSpan } from './features.ts';
import { lexiconFlag } from './lexicon.ts';
import { shape, type Token, tokenKind } from './tokens/token.ts';
import { wordClasses } from './word-classes.ts';

const CAPITALISED = new Set<number>([shape.title, shape.joined, shape.hyphened, shape.halfHyphened]);
const ADDRESS_WORDS = new Set(
  (['street', 'unit', 'direction', 'state', 'addressKey'] as const).map((name) => wordClasses.indexOf(name)),
);
const NAME_FLAGS = lexiconFlag.first | lexiconFlag.last | lexiconFlag.place;
const STREET = wordClasses.indexOf('street');
const MAX_NUMBERS = 5;
const MAX_UNNAMED = 4;
/** `12b`, `221st`; what is longer is an identifier or a hash. */
const LONGEST_HOUSE_NUMBER = 5;

/** A name that is being read, and what is counted of its words: how much it looks like one, whoever decided that. */
export class OpenName implements OpenSpan {
  type = 0;
  tokens = 0;
  hasStreet = false;
  firstLook = 0;
  /** Index of its first token. */
  at = 0;
  score = 0;
  /** The text before it is a program's; a word before it announces a name. */
  isInProgram = false;
  isAnnounced = false;
  /** It holds a known first name with a known family name. */
  hasPair = false;
  /** Something that an earlier pass replaced follows it. */
  isBeforeEarlier = false;
  words = 0;
  /** Words that begin with a capital, and words in capitals only. */
  titles = 0;
  uppers = 0;
  /** Words that the lexicon knows as a name or place. */
  known = 0;
  /** Words of everyday language that are nobody's name. */
  common = 0;
  numbers = 0;
  /** Words like "street" and "apartment". */
  ofAddress = 0;

  start(type: number, token: Token, at: number, score: number): void {
    this.type = type;
    this.at = at;
    this.score = score;
    this.firstLook = token.look;
    this.hasPair = false;
    this.isBeforeEarlier = false;
    this.tokens = 0;
    this.words = 0;
    this.titles = 0;
    this.uppers = 0;
    this.known = 0;
    this.common = 0;
    this.numbers = 0;
    this.ofAddress = 0;
    this.add(token);
    // What the trained features call a street stands after the first word.
    this.hasStreet = false;
  }

  add(token: Token): void {
    this.tokens++;
    this.hasStreet ||= token.wordClass === STREET;
    if (token.kind === tokenKind.number) {
      this.numbers++;
    } else if (token.kind === tokenKind.word) {
      this.words++;
      if (CAPITALISED.has(token.shape)) this.titles++;
      else if (token.shape === shape.upper || token.shape === shape.initial) this.uppers++;
      if ((token.flags & NAME_FLAGS) !== 0) this.known++;
      else if ((token.flags & lexiconFlag.common) !== 0) this.common++;
      if (ADDRESS_WORDS.has(token.wordClass)) this.ofAddress++;
    }
  }

  get hasNumber(): boolean {
    return this.numbers > 0;
  }

  get hasStreetNumber(): boolean {
    return this.numbers > 0 && this.ofAddress > 0;
  }

  private get size(): number {
    return this.words + this.numbers;
  }

  private get isNamed(): boolean {
    return this.titles + this.uppers + this.known + this.ofAddress > 0;
  }

  /** Whether an address ends before the token: hashes and rows of numbers are none, nor are sentences. */
  endsAddress(token: Token): boolean {
    if (token.kind === tokenKind.number) {
      const isLong = token.end - token.start > LONGEST_HOUSE_NUMBER;
      return this.numbers >= MAX_NUMBERS || (token.shape === shape.digitsAndLetters && isLong);
    }
    return token.kind === tokenKind.word && !this.isNamed && this.words >= MAX_UNNAMED;
  }

  /** Two words or numbers at least, and a name among them. */
  get mayBeAddress(): boolean {
    return this.size > 1 && this.isNamed && this.numbers <= this.words + 1;
  }
}
