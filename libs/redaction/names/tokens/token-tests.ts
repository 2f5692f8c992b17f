import type { View } from '../features.ts';
import { lexiconFlag } from '../lexicon.ts';
import { wordClasses } from '../word-classes.ts';
import { shape, type Token, tokenKind } from './token.ts';

const FUNCTION_WORD = wordClasses.indexOf('function');

export function isEarlier(token: Token): boolean {
  return token.kind === tokenKind.found && token.flags === 1;
}

/** `@param`, `lib/mark.js`, `grace(1)`: a lower-case word within a path, a call or a tag. */
export function isPart(token: Token, next: Token, view: View): boolean {
  const glued = token.glued && view.look1 >>> 14 === tokenKind.mark && BEFORE_PARTS.has(view.hash1);
  return glued || (next.glued && next.kind === tokenKind.mark && AFTER_PARTS.has(next.hash));
}

/** `$HOME`, `\\section`, `%ENV`: what such a mark begins is a variable or a command, however it is written. So is what is called: `Croaker(`. */
export function isSigil(token: Token, next: Token, view: View): boolean {
  const follows = token.glued && view.look1 >>> 14 === tokenKind.mark && SIGILS.has(view.hash1);
  return (
    follows ||
    (token.kind === tokenKind.word && next.glued && next.kind === tokenKind.mark && next.hash === CALL)
  );
}

/** One letter is nobody's name, and "Inc." no firm's. */
export function isFragment(type: number, token: Token): boolean {
  if (token.shape === shape.initial) return true;
  return type === ORGANIZATION && token.wordClass === FIRM_SUFFIX;
}

const ORGANIZATION = 4;
const FIRM_SUFFIX = wordClasses.indexOf('firmSuffix');
const CALL = 0x28;

const codes = (marks: string) => new Set([...marks].map((mark) => mark.charCodeAt(0)));
const SIGILS = codes('$\\%&~');
const BEFORE_PARTS = codes('@/.#$\\&%~`<{[|*');
const AFTER_PARTS = codes('/([{=\\@#$');

const INNER_MARKS = codes('-./');
const isInner = (token: Token) => token.kind === tokenKind.mark && token.glued && INNER_MARKS.has(token.hash);

/** A name never begins within a row of numbers: the rest of it would be taken for another number. */
export function splitsNumber(token: Token, view: View): boolean {
  if (token.kind !== tokenKind.number) return false;
  const before =
    view.look1 >>> 14 === tokenKind.mark && INNER_MARKS.has(view.hash1) ? view.look2 : view.look1;
  return before >>> 14 === tokenKind.number || before >>> 14 === tokenKind.code;
}

/** Nor does it end there. */
export function joinsNumbers(previous: Token, token: Token, next: Token): boolean {
  if (token.kind === tokenKind.number)
    return previous.kind === tokenKind.number || (token.glued && isInner(previous));
  return isInner(token) && previous.kind === tokenKind.number && next.kind === tokenKind.number && next.glued;
}

/** Lower-case words that begin no name: nobody is known by them, and they make up no address. */
export function isPlain(token: Token): boolean {
  if (token.kind !== tokenKind.word || token.shape !== shape.lower) return false;
  if (token.wordClass === FUNCTION_WORD) return true;
  return (token.flags & NAME_FLAGS) === 0 && !BEGINS_LOWER.has(token.wordClass);
}

/** A lower-case word that no list knows: a name, where something announces one. */
export function isUnknown(token: Token): boolean {
  return (
    token.kind === tokenKind.word &&
    token.shape === shape.lower &&
    token.flags === 0 &&
    token.wordClass === 0 &&
    token.end - token.start > 2
  );
}

const NAME_FLAGS = lexiconFlag.first | lexiconFlag.last | lexiconFlag.place;
const BEGINS_LOWER = new Set(
  (['street', 'unit', 'direction', 'particle', 'firmWord', 'suffix'] as const).map((name) =>
    wordClasses.indexOf(name),
  ),
);

/** A known first name and a known family name, as they are written, are a person whatever stands around them. */
export function isKnownPair(first: Token, last: Token): boolean {
  return (
    first.kind === tokenKind.word &&
    last.kind === tokenKind.word &&
    first.shape === shape.title &&
    last.shape === shape.title &&
    !last.glued &&
    (first.flags & (lexiconFlag.first | lexiconFlag.common)) === lexiconFlag.first &&
    (last.flags & (lexiconFlag.last | lexiconFlag.common)) === lexiconFlag.last
  );
}

/** A comma and a known place behind it: the town of an address. */
export function joinsTown(previous: Token, token: Token, next: Token): boolean {
  return isComma(token) ? isTown(next) : isComma(previous) && isTown(token);
}

const isComma = ({ kind, hash }: Token) => kind === tokenKind.mark && hash === COMMA;
const isTown = ({ kind, shape: written, flags }: Token) =>
  kind === tokenKind.word && written === shape.title && (flags & TOWN_FLAGS) === lexiconFlag.place;
const COMMA = 0x2c;
const TOWN_FLAGS = lexiconFlag.place | lexiconFlag.common;

/** Marks that may stand within a name of each type (as in `spanTypes`); any other ends it. */
const WITHIN = ['', ".,'-", ".,'-#/&", ".,'-", ".,'-&+/!"].map(codes);

export function mayStandWithin(type: number, mark: Token): boolean {
  return WITHIN[type]!.has(mark.hash);
}
