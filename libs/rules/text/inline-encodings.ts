import { DecodedText, utf8At } from './decoded-text.ts';
import type { View } from './views.ts';

interface Escape {
  readonly codePoint: number;
  readonly length: number;
}

const namedEntities: Record<string, number> = {
  amp: 38,
  lt: 60,
  gt: 62,
  quot: 34,
  apos: 39,
  nbsp: 32,
  ensp: 32,
  emsp: 32,
  thinsp: 32,
  Tab: 9,
  NewLine: 10,
  shy: 0xad,
  zwnj: 0x200c,
  zwj: 0x200d,
  lowbar: 95,
  hyphen: 45,
  dash: 45,
  period: 46,
  comma: 44,
  commat: 64,
  dollar: 36,
  excl: 33,
  num: 35,
  percnt: 37,
};

const entity = /&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,10}));?/y;
/** Accented and mathematical letters by name: `&eacute;`, `&pscr;`. */
const letterEntity = /^([A-Za-z])(acute|grave|circ|tilde|uml|ring|cedil|slash|caron|scr|fr|opf)$/;
const backslash = /\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|([0-3][0-7]{2}))/y;
const tag = /<[A-Za-z/!][^<>]{0,200}>/y;

function entityAt(text: string, at: number): Escape | undefined {
  entity.lastIndex = at;
  const found = entity.exec(text);
  if (found === null) return undefined;
  const [whole, decimal, hex, name] = found;
  if (name !== undefined) {
    if (!whole.endsWith(';')) return undefined;
    const codePoint = namedEntities[name] ?? letterEntity.exec(name)?.[1]?.charCodeAt(0);
    return codePoint === undefined ? undefined : { codePoint, length: whole.length };
  }
  return scalar(decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal), whole.length);
}

function backslashAt(text: string, at: number): Escape | undefined {
  backslash.lastIndex = at;
  const found = backslash.exec(text);
  if (found === null) return undefined;
  const [whole, short, braced, byte, octal] = found;
  const codePoint =
    octal === undefined ? Number.parseInt((short ?? braced ?? byte)!, 16) : Number.parseInt(octal, 8);
  return codePoint <= 0xffff ? { codePoint, length: whole.length } : scalar(codePoint, whole.length);
}

function scalar(codePoint: number, length: number): Escape | undefined {
  const valid = codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
  return valid ? { codePoint, length } : undefined;
}

function hexDigit(unit: number): number {
  if (unit >= 48 && unit <= 57) return unit - 48;
  const lower = unit | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

function percentAt(text: string, at: number): Escape | undefined {
  const byteAt = (index: number) => {
    const from = at + index * 3;
    if (text.charCodeAt(from) !== 37) return -1;
    const high = hexDigit(text.charCodeAt(from + 1));
    const low = hexDigit(text.charCodeAt(from + 2));
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  };
  const sequence = utf8At(byteAt, 0);
  return sequence && { codePoint: sequence.codePoint, length: sequence.length * 3 };
}

function tagLengthAt(text: string, at: number): number {
  tag.lastIndex = at;
  return tag.exec(text)?.[0].length ?? 0;
}

const ampersand = 38;
const percent = 37;
const lessThan = 60;

function encodedAt(text: string, at: number): (Escape & { how: string }) | undefined {
  const unit = text.charCodeAt(at);
  const found =
    unit === ampersand ? entityAt(text, at) : unit === percent ? percentAt(text, at) : backslashAt(text, at);
  if (found === undefined) return undefined;
  return {
    ...found,
    how: unit === ampersand ? 'html-entity' : unit === percent ? 'percent-encoding' : 'escape',
  };
}

const special = /[&%\\<]/g;

/**
 * The text with HTML entities, percent-encoding and backslash escapes decoded and HTML tags taken out, or
 * undefined where it has none.
 */
export function decodeInline(text: string): View | undefined {
  special.lastIndex = 0;
  let decoded: DecodedText | undefined;
  const how = new Set<string>();
  let copied = 0;
  const copyUntil = (until: number, out: DecodedText) => {
    for (; copied < until; copied++) out.add(text.charCodeAt(copied), copied, copied + 1, false);
  };
  for (let found = special.exec(text); found !== null; found = special.exec(text)) {
    const at = found.index;
    if (text.charCodeAt(at) === lessThan) {
      const length = tagLengthAt(text, at);
      if (length === 0) continue;
      decoded ??= new DecodedText(text.length);
      copyUntil(at, decoded);
      decoded.markLast();
      how.add('markup');
      copied = at + length;
    } else {
      const hit = encodedAt(text, at);
      if (hit === undefined) continue;
      decoded ??= new DecodedText(text.length);
      copyUntil(at, decoded);
      decoded.addCodePoint(hit.codePoint, at, at + hit.length);
      how.add(hit.how);
      copied = at + hit.length;
    }
    special.lastIndex = copied;
  }
  if (decoded === undefined) return undefined;
  copyUntil(text.length, decoded);
  return decoded.view([...how], false);
}
