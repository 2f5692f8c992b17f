import { Chance } from '../../tools/chance.ts';

const CHARS = 1_000_000;

/** Texts in which many rules are alive at every place, or that are nothing but values. */
export function adversarialTexts(): ReadonlyArray<readonly [what: string, text: string]> {
  const chance = new Chance(17);
  const repeated = (unit: string) => unit.repeat(Math.floor(CHARS / unit.length));
  const joined = (part: () => string, gap: string) => {
    const parts: string[] = [];
    for (let chars = 0; chars < CHARS; chars += parts.at(-1)!.length + gap.length) parts.push(part());
    return parts.join(gap);
  };
  return [
    ['key=key=…', repeated('key=')],
    ['1-1-1-…', repeated('1-')],
    ['1 1 1 …', repeated('1 ')],
    ['(1)(1)(1)…', repeated('(1)')],
    ['20 31 42 53 …', repeated('20 31 42 53 ')],
    ['one word', repeated('a')],
    ['a.b@a.b@…', repeated('a.b@')],
    ['dots', repeated('.')],
    ['key1=v1&…', repeated('key1=v1&')],
    ['secret->secret->…', repeated('secret->')],
    ['a:a:a:…', repeated('a:')],
    ['groups of digits', joined(() => chance.digits(1 + chance.below(4)), ' ')],
    ['base64', joined(() => chance.string(BASE64, 76), '')],
    ['phone numbers, each another', joined(() => `${area(chance)}-${area(chance)}-${chance.digits(4)}`, ' ')],
    ['addresses, each another', joined(() => `${chance.string('abcdefgh', 8)}@example.com`, ' ')],
  ];
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function area(chance: Chance): string {
  return `${2 + chance.below(8)}${chance.digits(2)}`;
}
