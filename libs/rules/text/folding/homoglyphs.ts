/**
 * Letters of other scripts that look like Latin ones (after Unicode's confusables, UTS #39), by the Latin letter
 * they stand for. Compatibility forms (full-width, mathematical, circled) are not listed: NFKD resolves them.
 */
const lookAlikes: Record<string, string> = {
  a: 'ɐɑαаᎪᗅᗩᴀᶏ₳⍶⍺ⱥⲁꓮꭺ𐊠𖽀',
  b: 'ƀƃƅɓʙβЬбвьѣҍ฿Ꮟᏼᑲᑳᖯᗷᵬᶀ₿ꓐꞗꞵꮟ𐊂𐊡𐌁',
  c: '¢ƈȼɕϲсҫᏟᑕᴄ₡₵ⅽↄⲥ⸦ꓚꜿꞓꞔꮯ𐊢𐌂𐐽𐔜𑣩𑣲𝼝🅮🝌',
  d: 'ðđƌȡɖɗԁժᎠᑯᗞᗪᴅᵭᶁᶑ₫ⅾⲇꓒꓓꝺꟈꭰꮷ',
  e: 'ǝɇɘəɛɜɝɞʚεеєҽҿᎬᕮᴇᴈᶒᶓᶔ€℮⋿ⱸⴹꓰꬲꬴꭼ𐊆𑣆𑣎',
  f: 'ƒϝғքᖴᵮᶂẝꓝꜰꝼꞙꬵ𐊇𐊥𐔥𑣂𝈓',
  g: 'ƍǥɠɡɢʛԍցᏀᏻᘜᵷᵹᶃ₲ꓖꝿꞡꟑꬶꮐ𝼁',
  h: 'ħɥɦʜʮʯнћңһӈӊհᎻᏺᕼⱨⲏꓧꚕꞕꮋꮒ𐋏',
  i: 'ıƚǀɨɩɪɫɭιіӏ׀וןߊᓰᛁᴉᵎᵻᵼᶖⅰ∣⍳⍸⏽│ⲓⵏꓲꙇꭵ𐊊𐌉𐌠𖼨𝼚𞣇',
  j: 'ȷɉɟʄʝϳјյᎫᒍᴊꓙꭻ',
  k: 'ƙʞκкқҟᏦᛕᴋᶄ₭ⱪⲕꓗꝁꝃꝅꞣꮶ𐔘𝼃',
  l: '£łȴɬʟլւᏞᒪᴌᶅℓⅼⱡⳑꓡꝉꞁꞎꬷꬸꬹꮮ𐑃𐔦𑣃𑣒𖼖𝈪𝼄𝼑𝼓',
  m: 'ɰɱμϻмӎᎷᗰᛖᴍᴟᵯᶆ₥ⅿⲙꓟꬺꮇ𐊰𐌑𑜀𑣣',
  n: 'ŋƞȵɲɳɴηпոռᑎᴎᵰᶇ₦ⲛꓠꞑꞥꬻ𐆎𐔓',
  o: 'ºøɔɵθοσоѳөօס߀०০੦૦ଠ୦௦ం౦ಂ೦ംഠ൦ං๐໐ဝ၀ჿዐᗝᲿᴏᴑᴒᴓᴖᴗᶗ⊖⊝⍬ⱺⲟⴱⵁⵔ〇ꓳꝋꝍꬽꬾꬿꭴꮎꮻ𐊒𐊫𐐬𐓪𐔖𑓐𑣈𑣕𑣗𑣠𝈚𝼛🜔',
  p: 'þƥρрҏᏢᑭᴘᵱᵽᶈ₱⍴ⲣꓑꝑꝓꝕꮲ𐊕',
  q: 'ɋʠԛգզႳᑫⵕꝗꝙꞯ',
  r: 'ɍɹɺɻɼɽɾɿʀгяᏒᖇᴙᴦᵲᵳᶉⱹⲅꓣꞃꞧꭅꭆꭇꭈꭉꭋꭌꭨꭱꮁꮢ𐓜𖼵𝈖𝼈𝼕𝼖',
  s: '§ƽȿʂѕտֆᏚᔕᵴᶊẜ₴ⲋꓢꜱꞅꞩꟊꮥꮪ𐊖𐑈𑣁𖼺𝼞',
  t: 'ŧƫƭȶʇʈτтҭᎢᴛᵵ†₮⊤⍡⟙ⱦⲧꓔꞇꭲ𐊗𐊱𐌕𑣜𖼊𝼉𝼍🝨',
  u: 'ʉʋυսሀᑌᴜᴝᵾᶙ∪⋃ꓴꞟꞹꭎꭒꮜ𐓶𑣘𖽂',
  v: 'ʌνѵטᏙᐯᴠᶌⅴ∨⋁ⱱⱴⴸꓦꛟꝟꮩ𐆗𐔝𑜆𑣀𖼈𝈍🜈',
  w: 'ɯʍωшщѡѽԝաᎳᗯᴡ₩ⱳⲱꓪꝡꮃꮤ𑓅𑜊𑜎𑜏𑣦𑣯',
  x: '×χхҳᕁᕽ᙭᙮ᚷᶍⅹ╳⤫⤬⨯⨰ⲭⵝꓫꭓꭖꭗꭘꭙ𐆖𐊐𐊴𐌗𐌢𐔧𑣬',
  y: '¥ƴɏɣʎʏγуүұყᎩᖻỿⲩꓬꭚꭹꮍ𐊲𑣄𖽃𝼆',
  z: 'ƶȥɀʐʑζᏃᘔᴢᵶᶎⱬꓜꝣꮓ𐋵𑣉𑣥',
};

function* pairs(): Generator<[string, string]> {
  for (const [latin, others] of Object.entries(lookAlikes)) {
    for (const other of others) yield [other, latin];
  }
}

const latinOf = new Map<string, string>(pairs());

/** The Latin letter that a letter or sign looks like, given in lower case; or what was given. */
export function withoutLookAlike(letter: string): string {
  return latinOf.get(letter) ?? letter;
}
