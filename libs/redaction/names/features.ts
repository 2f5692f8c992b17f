import { shape, type Token, tokenKind } from './tokens/token.ts';
import { wordClasses } from './word-classes.ts';

/** The text left of a token as names are judged by it; names found there count as found, not as words. */
export class View {
  hash1 = 0;
  look1 = 0;
  hash2 = 0;
  look2 = 0;
  /** The last tokens that are no marks. */
  wordHash1 = 0;
  wordLook1 = 0;
  wordHash2 = 0;
  /** Whether a sentence, a line or the text starts here. */
  fresh = 1;
  /** Whether the token before is glued to the one before it. */
  glued = 0;
  /** How the last sentence began: the shape of its first word. */
  style = 0;
  /** How much of the last dozen tokens only programs hold, 0–127. */
  private heat = 0;

  /** How much like a program the text before is: 0–3. */
  get codeness(): number {
    return this.heat < 12 ? 0 : this.heat < 32 ? 1 : this.heat < 56 ? 2 : 3;
  }

  /** How many more words may stand between what announces a name ("name", "dear") and the name. */
  announced = 0;

  add(token: Token): void {
    this.hash2 = this.hash1;
    this.look2 = this.look1;
    this.hash1 = token.hash;
    this.look1 = token.look;
    this.glued = token.glued ? 1 : 0;
    const { kind } = token;
    this.heat = this.heat - (this.heat >> 3) - (this.heat > 0 ? 1 : 0) + (isOfPrograms(token) ? 16 : 0);
    if (kind === tokenKind.word && this.fresh > 0) this.style = Math.min(token.shape, shape.initial);
    if (kind === tokenKind.word && ANNOUNCE.has(token.wordClass)) this.announced = 2;
    else if (kind === tokenKind.word && this.announced > 0) this.announced--;
    else if (kind !== tokenKind.mark && kind !== tokenKind.line) this.announced = 0;
    if (HOLDS_TEXT.has(kind)) {
      this.wordHash2 = this.wordHash1;
      this.wordHash1 = token.hash;
      this.wordLook1 = token.look;
      this.fresh = 0;
    } else if (kind === tokenKind.line) this.fresh = token.hash;
    else if (kind === tokenKind.mark && SENTENCE_ENDS.has(token.hash)) this.fresh = 3;
  }
}

const ANNOUNCE = new Set(
  (['title', 'nameKey', 'personKey', 'relation', 'greeting'] as const).map((name) =>
    wordClasses.indexOf(name),
  ),
);

function isOfPrograms({ kind, shape: form, hash }: Token): boolean {
  if (kind === tokenKind.mark) return PROGRAM_MARKS.has(hash);
  return kind === tokenKind.code || (kind === tokenKind.word && form === shape.code);
}

const PROGRAM_MARKS = new Set([...'{}[];=<>*&|$#\\^~`'].map((mark) => mark.charCodeAt(0)));
const SENTENCE_ENDS = new Set([...'.!?'].map((mark) => mark.charCodeAt(0)));

const HOLDS_TEXT = new Set<number>([tokenKind.word, tokenKind.number, tokenKind.found, tokenKind.code]);

/** Room for the features of one decision. */
export const MAX_FEATURES = 40;

function mix(salt: number, a: number, b: number): number {
  let x = Math.imul(a ^ Math.imul(salt, 0x9e3779b1), 0x85ebca6b);
  x ^= x >>> 15;
  x = Math.imul(x ^ b, 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** Features of "does a name start here, and of which kind", as 32-bit hashes; returns how many. */
export function startFeatures(c: Token, n1: Token, n2: Token, view: View, out: Int32Array): number {
  const seam = (c.glued ? 1 : 0) | (n1.glued ? 2 : 0) | (n2.glued ? 4 : 0);
  const { hash1, look1, look2 } = view;
  const form = c.shape | (view.fresh << 5) | (view.codeness << 8);
  const known = c.look;
  let n = 0;
  out[n++] = mix(1, form, seam);
  out[n++] = mix(2, c.hash, 0);
  out[n++] = mix(3, known, 0);
  out[n++] = mix(4, c.suffix3, c.shape);
  out[n++] = mix(5, c.suffix2, c.shape);
  out[n++] = mix(6, c.prefix, c.shape);
  out[n++] = mix(7, c.suffix4, 0);
  out[n++] = mix(8, hash1, c.shape);
  out[n++] = mix(9, hash1, view.hash2);
  out[n++] = mix(10, hash1, known);
  out[n++] = mix(11, look1, known);
  out[n++] = mix(12, look1 ^ Math.imul(look2, 0x27d4eb2f), c.shape);
  out[n++] = mix(13, n1.hash, c.shape);
  out[n++] = mix(14, n1.look, known);
  out[n++] = mix(15, n1.look ^ Math.imul(n2.look, 0x27d4eb2f), c.shape);
  out[n++] = mix(16, view.wordHash1, c.shape);
  out[n++] = mix(17, view.wordHash1, view.wordHash2);
  out[n++] = mix(18, view.wordLook1, known);
  out[n++] = mix(19, c.hash, n1.hash);
  out[n++] = mix(20, form, known);
  out[n++] = mix(21, look1 ^ Math.imul(n1.look, 0x27d4eb2f), known);
  out[n++] = mix(22, n2.hash, c.shape);
  out[n++] = mix(
    23,
    (look1 & 15) | ((look2 & 15) << 4) | ((n1.look & 15) << 8) | ((n2.look & 15) << 12),
    c.shape,
  );
  out[n++] = mix(24, hash1, n1.look);
  out[n++] = mix(25, n1.suffix3, c.shape | (n1.shape << 4));
  out[n++] = mix(26, seam | (view.glued << 3), look1);
  out[n++] = mix(28, view.style | (view.fresh << 4), known);
  out[n++] = mix(29, view.style | (c.shape << 4), look1 ^ Math.imul(n1.look, 0x27d4eb2f));
  out[n++] = mix(27, n1.look ^ Math.imul(n2.look, 0x27d4eb2f), known);
  return n;
}

/** What features see of a name that is being read. */
export interface OpenSpan {
  /** 1–4, as in `spanTypes`. */
  readonly type: number;
  readonly tokens: number;
  readonly hasNumber: boolean;
  readonly hasStreet: boolean;
  readonly firstLook: number;
}

/** Features of "does the name go on with this token". */
export function goOnFeatures(
  span: OpenSpan,
  previous: Token,
  c: Token,
  n1: Token,
  n2: Token,
  out: Int32Array,
): number {
  const salt = span.type * 64;
  const seam = (c.glued ? 1 : 0) | (n1.glued ? 2 : 0) | (n2.glued ? 4 : 0);
  const tally = Math.min(span.tokens, 12) | (span.hasNumber ? 16 : 0) | (span.hasStreet ? 32 : 0);
  const both = c.look ^ Math.imul(previous.look, 0x27d4eb2f);
  let n = 0;
  out[n++] = mix(salt + 1, tally, c.shape | (c.look & 0x7c000));
  out[n++] = mix(salt + 2, c.hash, seam);
  out[n++] = mix(salt + 3, c.look, seam);
  out[n++] = mix(salt + 4, c.suffix3, c.shape);
  out[n++] = mix(salt + 5, previous.hash, c.look);
  out[n++] = mix(salt + 6, both, 0);
  out[n++] = mix(salt + 7, both, n1.look);
  out[n++] = mix(salt + 8, n1.hash, c.look);
  out[n++] = mix(salt + 9, n1.look, c.look);
  out[n++] = mix(salt + 10, n1.look ^ Math.imul(n2.look, 0x27d4eb2f), c.look);
  out[n++] = mix(salt + 11, tally, c.look);
  out[n++] = mix(salt + 12, span.firstLook, both);
  out[n++] = mix(salt + 13, c.hash, previous.hash);
  out[n++] = mix(salt + 14, seam, both);
  out[n++] = mix(salt + 15, c.hash, n1.hash);
  out[n++] = mix(salt + 16, previous.shape | (c.shape << 4) | (n1.shape << 8), seam);
  out[n++] = mix(salt + 17, n1.hash, tally & 48);
  return n;
}

/** Whether a token can start a name at all. */
export function canStart(token: Token): boolean {
  if (token.kind === tokenKind.number) return true;
  if (token.kind !== tokenKind.word || token.shape === shape.code) return false;
  return token.shape !== shape.lower || token.end - token.start > 1;
}
