import { ALNUM, charSet, union, WORD_WIDE } from '../automaton/char-set.ts';
import { entropy } from '../checks/entropy.ts';
import type { DetectorRule, Verdict } from '../rule.ts';

const NAME_WORDS = [
  'api[_.-]?key',
  'access[_.-]?key',
  'secret',
  'token',
  'passw(?:or)?d',
  'passwd',
  'pwd',
  'passphrase',
  'credential',
  'auth',
  'private[_.-]?key',
  'client[_.-]?id',
  'signing[_.-]?key',
  'encryption[_.-]?key',
  'account[_.-]?key',
  'key',
];
const VALUE_CHARS = union(ALNUM, charSet('_./+=~!@#$%^&*:?-'));

/** name = value, "name": "value", name: value, <name>value, NAME=>value: a credential's name followed by something random. */
export const ASSIGNMENT_RULE: DetectorRule = {
  id: 'assigned-secret',
  entity: 'SECRET',
  pattern: String.raw`(?i)[\w.-]*(?:${NAME_WORDS.join('|')})[\w.-]*['"\x60\]]{0,2}[ \t]{0,4}(?:=|:|:=|=>|>|->|\|\|:|,)[ \t]{0,4}\\?['"\x60]{0,3}[\w./+=~!@#$%^&*:?-]{6,}`,
  left: union(WORD_WIDE, charSet('.-')),
  right: VALUE_CHARS,
  score: 0.8,
  longestOnly: true,
  swallow: { kind: 'while', set: VALUE_CHARS },
  check: assignedSecret,
};

const PARTS = /^([\w.-]+?)['"`\]]{0,2}[ \t]{0,4}(?:=>|:=|->|\|\|:|=|:|>|,)[ \t]{0,4}\\?(['"`]{0,3})(.*)$/s;
const BENIGN_NAME =
  /public|token[_.-]?(?:type|count|limit|s\b)|max[_.-]?token|tokens$|keyboard|keyword|monkey|hotkey|key[_.-]?(?:name|id|code|path|file|type|size|length|word|board|s)$|primary[_.-]?key|foreign[_.-]?key|author(?!iz)|(?:cache|sort|partition|row|object|map|dedupe|group|index|lookup|unique|i18n|translation|react)[_.-]?key|integrity|checksum|sha\d|digest|uri|url$|endpoint|secret[_.-]?name|version/i;
const STRONG_NAME = /pass|pwd|secret|credential|private/i;
const REFERENCE =
  /^(?:process\.|os\.|env[.[(]|\$|%|\{|<|\.\/|\/|https?:|function|null|undefined|true|false|none|required|optional|string|number|boolean|object|self\.|this\.|config|settings|params|req\.|request\.|example|changeme|your|my|test|xxx|todo|placeholder|\*{3})/i;

/** Whether the value looks random enough for what its name promises; only the value is the finding. */
export function assignedSecret(text: string): Verdict {
  const parts = PARTS.exec(text);
  if (!parts) return false;
  const [, name = '', quote = '', rest = ''] = parts;
  const value = quote === '' ? rest.replace(/[.:?!]+$/, '') : rest;
  if (value.length < 6 || isPlainIdentifier(value) || BENIGN_NAME.test(name) || REFERENCE.test(value))
    return false;
  if (!looksRandom(value, STRONG_NAME.test(name))) return false;
  const start = text.length - rest.length;
  return { start, end: start + value.length };
}

/** Words joined by case, dots, dashes or underscores, and alphabets. */
function isPlainIdentifier(value: string): boolean {
  return (
    /^(?:\.\.\.|[*.])/.test(value) ||
    /^[A-Z]+(?:_[A-Z]+|_\d+)+$/.test(value) ||
    /abcdefgh|01234567|12345678/i.test(value)
  );
}

const WORDS_ONLY = /^[A-Za-z*]+(?:[-_.:/*]+[A-Za-z*]+)*[-_.*]*\d{0,2}[*.]*$/;
const CALL_OR_PATH =
  /[([]|\.(?:js|ts|json|py|go|md|txt|pem|key|crt|yml|yaml|html|css)$|^[\w-]+(?:\.[A-Za-z_]\w*)+$|::|\/\//;

function looksRandom(value: string, strongName: boolean): boolean {
  if (CALL_OR_PATH.test(value) || WORDS_ONLY.test(value)) return false;
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((test) => test.test(value)).length;
  if (strongName) return classes >= 2 && new Set(value).size >= 5 && entropy(value) >= 2.2;
  return (
    value.length >= 10 && /\d/.test(value) && classes >= 2 && entropy(value) >= (value.length >= 20 ? 3 : 2.8)
  );
}
