import { expect, test } from '@jest/globals';
import { addContentWords, wordsOfContent } from './content-words.ts';
import { addWords, isPair } from './words.ts';

function wordsOf(text: string, most = 1000): string[] {
  const words = new Set<string>();
  addWords(words, text, most);
  return [...words];
}

test.each([
  ['東京都に行く', ['東京', '京都', '都に', 'に行', '行く']],
  ['コーヒーを飲む', ['コー', 'ーヒ', 'ヒー', 'ーを', 'を飲', '飲む']],
  ['ｺｰﾋｰ', ['コー', 'ーヒ', 'ヒー']],
  ['서울에서', ['서울', '울에', '에서']],
  ['ข้อมูล', ['ข้', '้อ', 'อม', 'มู', 'ูล']],
  ['使用Kubernetes部署v2版本', ['使用', 'kubernetes', '部署', 'v2', '版本']],
  ['𠮷野家', ['𠮷野', '野家']],
  ['山 川', []],
  ['日本語。英語', ['日本', '本語', '英語']],
  ['Größe naïve Москва Ελλάδα', ['größe', 'naïve', 'москва', 'ελλάδα']],
])('%s is indexed by words, and where a script has no spaces by pairs of characters', (text, expected) => {
  expect(wordsOf(text)).toEqual(expected);
});

test('a long paragraph without a space is language in such a script, and data in any other', () => {
  const paragraph = '我们今天讨论了公司的财务报告和下一季度的预算安排。'.repeat(20);
  expect(wordsOf(paragraph)).toEqual(expect.arrayContaining(['财务', '预算']));
  expect(wordsOf('A'.repeat(400))).toEqual([]);
});

test('whoever has two characters or more of a word finds all that has it', () => {
  const text = '本契約の秘密保持義務は契約終了後も存続する';
  const indexed = new Set(wordsOf(text));
  for (let from = 0; from < text.length - 1; from += 1) {
    for (let to = from + 2; to <= text.length; to += 1) {
      for (const pair of wordsOf(text.slice(from, to))) expect(indexed).toContain(pair);
    }
  }
});

test('pairs are bounded as words are, however long a text is', () => {
  const text = Array.from({ length: 40_000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000)));
  const words = new Set<string>();
  addContentWords(words, text.join(''), 'body');
  expect(words.size).toBe(wordsOfContent);
  expect([...words].every(isPair)).toBe(true);
  expect(isPair('word')).toBe(false);
});
