import { expect, test } from '@jest/globals';
import { KeywordFinder, type KeywordHit } from './find-keywords.ts';
import { buildAutomaton, keywordPatterns } from './keyword-automaton.ts';

const keywords = [
  ...['password', 'API key', 'customer data', 'nda', '密码', 'passwords'],
  ...['νόμος', 'कला', 'สำเนา', 'قانون', 'пароль'],
];
const finder = new KeywordFinder(buildAutomaton(keywords.flatMap((word, id) => keywordPatterns(id, word))));

function found(text: string): string[] {
  const hits: KeywordHit[] = [];
  finder.find(text, (hit) => hits.push(hit));
  return hits.map((hit) => [keywords[hit.id], text.slice(hit.start, hit.end), ...hit.how].join('|'));
}

test.each([
  ['my password is x', 'password|password'],
  ['PASSWORD', 'password|PASSWORD'],
  ['"password":', 'password|password'],
  ['the API key', 'API key|API key'],
  ['an api_key=1', 'API key|api_key'],
  ['an apikey', 'API key|apikey'],
  ['API\nkey', 'API key|API\nkey'],
  ['customer  data!', 'customer data|customer  data'],
  ['p a s s w o r d', 'password|p a s s w o r d|spacing'],
  ['p.a.s.s.w.o.r.d', 'password|p.a.s.s.w.o.r.d|spacing'],
  ['p, a, s, s, w, o, r, d', 'password|p, a, s, s, w, o, r, d|spacing'],
  ['pass word', 'password|pass word|spacing'],
  ['p@a@s@s@w@o@r@d', 'password|p@a@s@s@w@o@r@d|spacing'],
  ['p@$$w0rd', 'password|p@$$w0rd|leetspeak'],
  ['4P1 k3y', 'API key|4P1 k3y|leetspeak'],
  ['my$password', 'password|password'],
  ['pass\u200bword', 'password|pass\u200bword|unicode'],
  ['pаsswоrd', 'password|pаsswоrd|unicode'],
  ['pa\u0301ssword', 'password|pa\u0301ssword|unicode'],
  ['𝓹𝓪𝓼𝓼𝔀𝓸𝓻𝓭', 'password|𝓹𝓪𝓼𝓼𝔀𝓸𝓻𝓭|unicode'],
  ['🅿🅰🆂🆂🆆🅾🆁🅳', 'password|🅿🅰🆂🆂🆆🅾🆁🅳|unicode'],
  ['drowssap', 'password|drowssap|reversed'],
  ['cnffjbeq', 'password|cnffjbeq|rot13'],
  ['我的密码是', '密码|密码'],
  ['N.D.A.', 'nda|N.D.A|spacing'],
  ['ο ΝΌΜΟΣ', 'νόμος|ΝΌΜΟΣ'],
  ['यह कला है', 'कला|कला'],
  ['ขอสำเนาหน่อย', 'สำเนา|สำเนา'],
  ['هذا قَانُون', 'قانون|قَانُون'],
  ['ПАРОЛЬ', 'пароль|ПАРОЛЬ'],
  ['pa्ssword', 'password|pa्ssword|unicode'],
  ['"pass" + "word"', 'password|pass" + "word|spacing'],
  ['p€a€s€s€w€o€r€d', 'password|p€a€s€s€w€o€r€d|spacing|unicode'],
])('%s is found', (text, expected) => {
  expect(found(text)).toEqual([expected]);
});

test.each([
  'compass word',
  'passwordless',
  'passwords2go',
  'passwords20261',
  'password\u200bless',
  'API. Key points',
  'an API.\n\n# Key features',
  'api(key)',
  '["api", "keyboard"]',
  'agenda',
  'n da',
  'past sword',
  'customers data',
  'कलि',
  'कला्क',
  '"pass", "word"',
  'pass\n\nword',
  'pass          word',
])('%s is left alone', (text) => {
  expect(found(text)).toEqual([]);
});
