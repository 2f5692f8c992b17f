/**
 * Letters of other scripts that look like Latin ones (after Unicode's confusables, UTS #39), by the Latin letter
 * they stand for. Compatibility forms (full-width, mathematical, circled) are not listed: NFKD resolves them.
 */
const lookAlikes: Record<string, string> = {
  a: 'аɑαа⍺ꭺᴀꓮᎪᗅ',
  b: 'ЬвʙβᏏᖯꓐᗷ฿',
  c: 'сϲᴄⲥꮯꓚᏟ⸦¢ⅽ',
  d: 'ԁժᴅꓓᎠᗞꭰđⅾ',
  e: 'еєҽεᴇꓰᎬ℮ꬲǝə',
  f: 'ϝꬵғꞙꓝᖴƒ',
  g: 'ɡɢցᶃꓖᏀԍɠ',
  h: 'һհнʜꓧᎻᕼħ',
  i: 'іıɩιꙇꭵɪꓲӏⅰᛁ׀∣ǀ',
  j: 'јϳյᴊꓙᎫᒍ',
  k: 'кκᴋꓗᏦⲕқ',
  l: 'ʟլւꓡᏞᒪℓłⅼ',
  m: 'мᴍꓟᎷᗰⅿ',
  n: 'ոпηɴꓠռŋ',
  o: 'оοσօᴏꓳᲿ๐ዐøⲟº',
  p: 'рρᴘꓑᏢᑭҏ⍴',
  q: 'ԛգզꓟႳ',
  r: 'гᴦʀꭇꮁꓣᏒᖇ',
  s: 'ѕʂꜱꓢᏚֆ§',
  t: 'тτᴛꓔᎢŧ†',
  u: 'υսᴜꞟꓴᑌʋ',
  v: 'ѵνᴠꮩꓦᏙᐯⅴ',
  w: 'ԝѡաᴡꮃꓪᎳɯ',
  x: 'хχᕁꓫ᙭×ⅹ',
  y: 'уүγʏꮍꓬᎩყ',
  z: 'ᴢꮓꓜᏃʐ',
};

function* pairs(): Generator<[string, string]> {
  for (const [latin, others] of Object.entries(lookAlikes)) {
    for (const other of others) yield [other, latin];
  }
}

const latinOf = new Map<string, string>(pairs());

/** The Latin letter that a letter of another script looks like, or the letter itself. */
export function withoutLookAlike(letter: string): string {
  return latinOf.get(letter) ?? letter;
}
