import { type Encoded, hexDigit, scalar } from './escapes.ts';

/** Names of characters that can't be seen or that stand between words. */
const invisibles =
  'af ApplyFunction it InvisibleTimes ic InvisibleComma lrm rlm zwj zwnj NoBreak shy ZeroWidthSpace ' +
  'NegativeThinSpace NegativeMediumSpace NegativeThickSpace NegativeVeryThinSpace';
const spaces =
  'nbsp NonBreakingSpace ensp emsp emsp13 emsp14 numsp puncsp thinsp ThinSpace hairsp VeryThinSpace MediumSpace';
/** Letters of other scripts that look like Latin ones: `&acy;` is Cyrillic, `&alpha;` Greek. */
const letterNames: Record<string, string> = {
  ...{ acy: 'а', vcy: 'в', iecy: 'е', kcy: 'к', mcy: 'м', ncy: 'н', ocy: 'о', rcy: 'р', scy: 'с', tcy: 'т' },
  ...{ ucy: 'у', khcy: 'х', iukcy: 'і', jsercy: 'ј', dscy: 'ѕ', softcy: 'ь', yacy: 'я', shcy: 'ш' },
  ...{
    alpha: 'α',
    beta: 'β',
    gamma: 'γ',
    epsilon: 'ε',
    epsi: 'ε',
    zeta: 'ζ',
    eta: 'η',
    iota: 'ι',
    kappa: 'κ',
  },
  ...{
    nu: 'ν',
    omicron: 'ο',
    rho: 'ρ',
    sigma: 'σ',
    sigmaf: 'ς',
    tau: 'τ',
    upsilon: 'υ',
    upsi: 'υ',
    chi: 'χ',
  },
  ...{ omega: 'ω', thorn: 'þ', eth: 'ð', szlig: 'ß', imath: 'ı', inodot: 'ı', ell: 'ℓ', real: 'ℜ' },
  ...{
    ee: 'e',
    dd: 'd',
    ii: 'i',
    ohm: 'Ω',
    angst: 'Å',
    euro: '€',
    cent: '¢',
    pound: '£',
    yen: '¥',
    sect: '§',
  },
};

const namedEntities: Record<string, number> = {
  ...Object.fromEntries(invisibles.split(' ').map((name) => [name, 0x200b])),
  ...Object.fromEntries(spaces.split(' ').map((name) => [name, 32])),
  ...Object.fromEntries(Object.entries(letterNames).map(([name, letter]) => [name, letter.charCodeAt(0)])),
  amp: 38,
  lt: 60,
  gt: 62,
  quot: 34,
  apos: 39,
  Tab: 9,
  NewLine: 10,
  lowbar: 95,
  hyphen: 45,
  dash: 45,
  period: 46,
  comma: 44,
  sol: 47,
  bsol: 92,
  vert: 124,
  plus: 43,
  commat: 64,
  dollar: 36,
  excl: 33,
  num: 35,
  percnt: 37,
};
const longestEntityName = 20;
const longestEntityDigits = 10;

/** Accented and mathematical letters by name: `&eacute;`, `&pscr;`. */
const letterEntity =
  /^([A-Za-z])(acute|grave|circ|tilde|uml|ring|cedil|slash|caron|breve|macr|ogon|dot|strok|scr|fr|opf)$/;

/** An HTML character reference (HTML standard, 13.5) at `at`. */
export function entityAt(text: string, at: number): Encoded | undefined {
  if (text.charCodeAt(at + 1) !== 35) return namedEntityAt(text, at);
  const hex = (text.charCodeAt(at + 2) | 32) === 120;
  const start = at + (hex ? 3 : 2);
  let first = start;
  while (text.charCodeAt(first) === 48) first++;
  let codePoint = 0;
  let i = first;
  for (; i < first + longestEntityDigits; i++) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0 || (digit > 9 && !hex)) break;
    codePoint = codePoint * (hex ? 16 : 10) + digit;
  }
  if (i === start) return undefined;
  return scalar(codePoint, i - at + (text.charCodeAt(i) === 59 ? 1 : 0));
}

function namedEntityAt(text: string, at: number): Encoded | undefined {
  const end = text.slice(at, at + longestEntityName).indexOf(';');
  if (end < 3) return bareEntityAt(text, at);
  const name = text.slice(at + 1, at + end);
  const codePoint = Object.hasOwn(namedEntities, name)
    ? namedEntities[name]
    : (capitalOf(name) ?? letterEntity.exec(name)?.[1]?.charCodeAt(0));
  return codePoint === undefined ? undefined : { codePoint, length: end + 1 };
}

/** `&Alpha;`, `&IEcy;`: the capital of a letter that has a name. */
function capitalOf(name: string): number | undefined {
  const small = name.toLowerCase();
  return Object.hasOwn(letterNames, small) ? letterNames[small]!.toUpperCase().charCodeAt(0) : undefined;
}

/** Of the references that HTML allows without a semicolon those that a word can hide behind. */
function bareEntityAt(text: string, at: number): Encoded | undefined {
  if (text.startsWith('nbsp', at + 1)) return { codePoint: 32, length: 5 };
  return text.startsWith('shy', at + 1) ? { codePoint: 0xad, length: 4 } : undefined;
}
