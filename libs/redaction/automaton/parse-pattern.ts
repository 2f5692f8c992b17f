import { RedactionError } from '../errors.ts';
import {
  type CharSet,
  charSet,
  DIGIT,
  foldCase,
  MAX_CODE_UNIT,
  negate,
  SPACE,
  union,
  WORD,
} from './char-set.ts';

/** A regular expression in the strict sense: no look-around, no back-reference, no anchor. */
export type Pattern =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'cat'; readonly items: readonly Pattern[] }
  | { readonly kind: 'alt'; readonly items: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly item: Pattern; readonly min: number; readonly max: number };

const MAX_REPEAT = 1_000;
const MAX_PATTERN_LENGTH = 20_000;
const MAX_NESTING = 60;

/** Parses the regular subset of the JavaScript pattern syntax; anything beyond it is refused by name. */
export function parsePattern(source: string, options: { ignoreCase?: boolean } = {}): Pattern {
  if (source.length > MAX_PATTERN_LENGTH) {
    throw new RedactionError('redaction.pattern_too_large', `pattern longer than ${MAX_PATTERN_LENGTH}`);
  }
  const inline = source.startsWith('(?i)');
  return new PatternParser(inline ? source.slice(4) : source, inline || options.ignoreCase === true).parse();
}

/** A literal as a pattern. */
export function literalPattern(text: string, ignoreCase: boolean): Pattern {
  const items = Array.from({ length: text.length }, (_, k): Pattern => {
    const set = charSet(text.charCodeAt(k));
    return { kind: 'set', set: ignoreCase ? foldCase(set) : set };
  });
  return { kind: 'cat', items };
}

class PatternParser {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly source: string,
    private readonly ignoreCase: boolean,
  ) {}

  parse(): Pattern {
    const pattern = this.alternatives();
    if (this.at < this.source.length) this.fail('unmatched )');
    return pattern;
  }

  private alternatives(): Pattern {
    if (++this.depth > MAX_NESTING) this.fail('nested too deeply');
    const items = [this.sequence()];
    while (this.source[this.at] === '|') {
      this.at++;
      items.push(this.sequence());
    }
    this.depth--;
    return items.length === 1 ? items[0]! : { kind: 'alt', items };
  }

  private sequence(): Pattern {
    const items: Pattern[] = [];
    while (this.at < this.source.length && this.source[this.at] !== '|' && this.source[this.at] !== ')') {
      items.push(this.quantified(this.atom()));
    }
    return items.length === 1 ? items[0]! : { kind: 'cat', items };
  }

  private quantified(item: Pattern): Pattern {
    const bounds = this.quantifier();
    if (!bounds) return item;
    const after = this.source[this.at];
    if (after === '?' || after === '+') this.unsupported('lazy and possessive quantifiers');
    if (after === '*' || after === '{') this.fail('nothing to repeat');
    return { kind: 'repeat', item, min: bounds[0], max: bounds[1] };
  }

  private quantifier(): readonly [number, number] | undefined {
    const c = this.source[this.at];
    if (c === '*' || c === '+' || c === '?') {
      this.at++;
      return c === '*' ? [0, Infinity] : c === '+' ? [1, Infinity] : [0, 1];
    }
    if (c !== '{') return undefined;
    const match = /^\{(\d{1,5})(?:(,)(\d{1,5})?)?\}/.exec(this.source.slice(this.at, this.at + 14));
    if (!match) this.fail('a literal { must be escaped');
    this.at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === undefined ? Infinity : Number(match[3]);
    if (max < min) this.fail('quantifier bounds out of order');
    if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT)) {
      throw new RedactionError('redaction.pattern_too_large', `repetition above ${MAX_REPEAT} in a pattern`);
    }
    return [min, max];
  }

  private atom(): Pattern {
    const c = this.source[this.at]!;
    if (c === '(') return this.group();
    if (c === '[') return this.knownClass();
    if (c === '\\') return this.set(this.escape(false));
    if (c === '.') {
      this.at++;
      return this.set(negate(charSet('\n\r')));
    }
    if (c === '^' || c === '$') this.unsupported('anchors (use the rule’s boundary)');
    if (c === '*' || c === '+' || c === '?' || c === '{') this.fail('nothing to repeat');
    if (c === ']' || c === '}') this.fail(`a literal ${c} must be escaped`);
    this.at++;
    return this.literal(c);
  }

  /** Packs write the same few classes thousands of times; each is built once. */
  private knownClass(): Pattern {
    const from = this.at;
    CLASS_TEXT.lastIndex = from;
    const key = `${this.ignoreCase}${CLASS_TEXT.exec(this.source)?.[0]}`;
    const known = classes.get(key);
    if (known) {
      this.at = CLASS_TEXT.lastIndex;
      return known;
    }
    const pattern = this.set(this.classBody());
    if (classes.size < MAX_REMEMBERED) classes.set(key, pattern);
    return pattern;
  }

  private literal(c: string): Pattern {
    const key = `${this.ignoreCase}${c}`;
    const known = classes.get(key);
    if (known) return known;
    const pattern = this.set(charSet(c.charCodeAt(0)));
    if (classes.size < MAX_REMEMBERED) classes.set(key, pattern);
    return pattern;
  }

  private set(set: CharSet): Pattern {
    return { kind: 'set', set: this.ignoreCase ? foldCase(set) : set };
  }

  private group(): Pattern {
    this.at++;
    if (this.source[this.at] === '?') this.groupPrefix();
    const inner = this.alternatives();
    if (this.source[this.at] !== ')') this.fail('missing )');
    this.at++;
    return inner;
  }

  private groupPrefix(): void {
    const rest = this.source.slice(this.at, this.at + 40);
    if (rest.startsWith('?:')) {
      this.at += 2;
      return;
    }
    if (/^\?(=|!|<=|<!)/.test(rest)) this.unsupported('look-ahead and look-behind');
    const named = /^\?<[A-Za-z]\w{0,30}>/.exec(rest);
    if (!named) this.unsupported(`the group (${rest.slice(0, 3)}`);
    this.at += named[0].length;
  }

  private classBody(): CharSet {
    this.at++;
    const negated = this.source[this.at] === '^';
    if (negated) this.at++;
    const parts: CharSet[] = [];
    while (this.source[this.at] !== ']') {
      if (this.at >= this.source.length) this.fail('missing ]');
      parts.push(this.classRange());
    }
    this.at++;
    if (parts.length === 0) this.fail('empty class');
    const set = union(...parts);
    return negated ? negate(this.ignoreCase ? foldCase(set) : set) : set;
  }

  private classRange(): CharSet {
    const low = this.classAtom();
    const isRange = this.source[this.at] === '-' && this.source[this.at + 1] !== ']';
    if (!isRange || low.length !== 2 || low[0] !== low[1]) return low;
    this.at++;
    const high = this.classAtom();
    if (high.length !== 2 || high[0] !== high[1]) this.fail('bad range in a class');
    if (high[0]! < low[0]!) this.fail('range out of order in a class');
    return charSet([low[0]!, high[0]!]);
  }

  private classAtom(): CharSet {
    if (this.at >= this.source.length) this.fail('missing ]');
    if (this.source[this.at] === '\\') return this.escape(true);
    return charSet(this.source.charCodeAt(this.at++));
  }

  private escape(inClass: boolean): CharSet {
    const c = this.source[this.at + 1];
    if (c === undefined) this.fail('pattern ends in \\');
    this.at += 2;
    const named = NAMED_SETS.get(c);
    if (named) return named;
    if (c === 'x' || c === 'u') return this.hex(c === 'x' ? 2 : 4);
    if (c === 'p' || c === 'P') return this.property(c === 'P');
    if (!inClass && (c === 'b' || c === 'B')) this.unsupported('\\b (use the rule’s boundary)');
    if (c === 'k' || (c >= '1' && c <= '9')) this.unsupported('back-references');
    if (/[A-Za-z0-9]/.test(c)) this.unsupported(`the escape \\${c}`);
    return charSet(c.charCodeAt(0));
  }

  private hex(length: number): CharSet {
    const digits = this.source.slice(this.at, this.at + length);
    if (!/^[0-9a-fA-F]+$/.test(digits) || digits.length !== length) this.fail('bad hexadecimal escape');
    this.at += length;
    return charSet(Number.parseInt(digits, 16));
  }

  private property(negated: boolean): CharSet {
    const match = /^\{(L|Lu|Ll|N|Nd)\}/.exec(this.source.slice(this.at, this.at + 6));
    if (!match) this.unsupported('this \\p{…} (L, Lu, Ll, N and Nd are known)');
    this.at += match[0].length;
    const set = unicodeProperty(match[1] as UnicodeProperty);
    return negated ? negate(set) : set;
  }

  private fail(why: string): never {
    throw new RedactionError('redaction.pattern_syntax', `pattern, position ${this.at}: ${why}`);
  }

  private unsupported(what: string): never {
    throw new RedactionError(
      'redaction.pattern_unsupported',
      `pattern, position ${this.at}: ${what} cannot be matched in linear time and is not supported`,
    );
  }
}

const CLASS_TEXT = /\[(?:\\.|[^\]\\])*\]/y;
const MAX_REMEMBERED = 2_000;
/** Single characters and classes, by letter-case mode and source text. */
const classes = new Map<string, Pattern>();

const NAMED_SETS = new Map<string, CharSet>([
  ['d', DIGIT],
  ['D', negate(DIGIT)],
  ['w', WORD],
  ['W', negate(WORD)],
  ['s', SPACE],
  ['S', negate(SPACE)],
  ['t', charSet(9)],
  ['n', charSet(10)],
  ['v', charSet(11)],
  ['f', charSet(12)],
  ['r', charSet(13)],
]);

type UnicodeProperty = 'L' | 'Lu' | 'Ll' | 'N' | 'Nd';
const PROPERTY_TESTS: Record<UnicodeProperty, RegExp> = {
  L: /^\p{L}$/u,
  Lu: /^\p{Lu}$/u,
  Ll: /^\p{Ll}$/u,
  N: /^\p{N}$/u,
  Nd: /^\p{Nd}$/u,
};
const properties = new Map<UnicodeProperty, CharSet>();

function unicodeProperty(name: UnicodeProperty): CharSet {
  const known = properties.get(name);
  if (known) return known;
  const units: number[] = [];
  for (let unit = 0; unit <= MAX_CODE_UNIT; unit++) {
    if (PROPERTY_TESTS[name].test(String.fromCharCode(unit))) units.push(unit);
  }
  const set = charSet(...units);
  properties.set(name, set);
  return set;
}
