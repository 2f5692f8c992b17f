/**
 * How readily one letter follows another in English words and identifiers: a row for each first letter, a column for
 * each second, log2 of the odds against chance, plus five, 0 to 9. Counted in the READMEs and declarations of npm packages.
 */
const FOLLOWS = [
  '25651350513757050767442241',
  '74447302641731630663600041',
  '72427206506520820547500030',
  '63358330721432620561520030',
  '53674441210557243775243520',
  '64447600811622700534500050',
  '62318256701546550753621021',
  '71008002700343710636500040',
  '54655550002558640466050304',
  '60207003503000730082536000',
  '52348440700415440274413030',
  '72258210712620730155531060',
  '75328010711452671253500020',
  '62666471624324530277440030',
  '44552340424568450755645210',
  '71227124602631760756510020',
  '03000000300503440004900000',
  '72448340704354630565432050',
  '50527305703432551267612240',
  '61428216810421630665402050',
  '55545340500667250767000100',
  '70209030700002500132200000',
  '71227026703406610663003100',
  '51617404730142480327300040',
  '64426440633566670375004033',
  '70229003603430620020400035',
];
const EVEN_ODDS = 5;
const A = 97;

/** Mean log2 odds over the pairs of letters in a text: words lie above 0, random letters below; undefined without pairs. */
export function fluency(text: string): number | undefined {
  let sum = 0;
  let pairs = 0;
  for (const run of text.match(/[A-Z]?[a-z]+|[A-Z]{2,}/g) ?? []) {
    const lower = run.toLowerCase();
    for (let k = 0; k + 1 < lower.length; k++) {
      sum += Number(FOLLOWS[lower.charCodeAt(k) - A]![lower.charCodeAt(k + 1) - A]) - EVEN_ODDS;
      pairs++;
    }
  }
  return pairs === 0 ? undefined : sum / pairs;
}
